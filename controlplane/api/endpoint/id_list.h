// Lists of identifiers in documents.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json/reader.h"

namespace sonde::controlplane {

constexpr std::size_t kMostOfIdList = 100;

// Each once. Leaves `ids` alone if the field is absent.
template <class AnyId>
void read_ids(json::Reader& in, std::string_view field, std::vector<AnyId>& ids, json::Problems& problems) {
    std::vector<std::string> texts;
    if (!in.texts(field, texts, kMostOfIdList, {.min = 1, .max = 40})) return;
    ids.clear();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto at = fmt::format("{}/{}", in.pointer(field), i);
        const auto id = AnyId::parse(texts[i]);
        if (!id) {
            problems.push_back({at, "is not an identifier of the right kind"});
        } else if (std::find(ids.begin(), ids.end(), *id) != ids.end()) {
            problems.push_back({at, "is there twice"});
        } else {
            ids.push_back(*id);
        }
    }
}

template <class AnyId>
Json texts_of(const std::vector<AnyId>& ids) {
    Json all = Json::array();
    for (const auto id : ids) all.push_back(id.text());
    return all;
}

}  // namespace sonde::controlplane
