#include "controlplane/api/endpoint/fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::controlplane {

Result<Fields> Fields::parse(std::string_view text, std::span<const std::string_view> known) {
    Fields fields;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        const auto name = text.substr(at, end - at);
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            return Error{fmt::format("has `{}`, and may have {}, between commas", name, fmt::join(known, ", "))};
        }
        if (std::find(fields.chosen_.begin(), fields.chosen_.end(), name) != fields.chosen_.end()) return Error{fmt::format("has {} twice", name)};
        fields.chosen_.emplace_back(name);
        at = end + 1;
    }
    fields.chosen_.emplace_back(known.front());
    return fields;
}

Json Fields::of(Json document) const {
    if (chosen_.empty()) return document;
    Json few = Json::object();
    for (auto& [name, value] : document.items()) {
        if (std::find(chosen_.begin(), chosen_.end(), name) != chosen_.end()) few[name] = std::move(value);
    }
    return few;
}

}  // namespace sonde::controlplane
