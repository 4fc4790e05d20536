// What stored rows say, as names and JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/check/verdict.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::controlplane {

// The names of stored numbers. A number that only a newer version knows reads as `unknown`.
inline std::string_view verdict_name(int stored) {
    constexpr auto& names = EnumNames<check::Verdict>::names;
    return stored >= 0 && static_cast<std::size_t>(stored) < names.size() ? names[static_cast<std::size_t>(stored)] : "unknown";
}

inline std::string_view class_name(int stored) {
    constexpr auto& names = EnumNames<check::FailureClass>::names;
    return stored >= 0 && static_cast<std::size_t>(stored) < names.size() ? names[static_cast<std::size_t>(stored)] : "unknown";
}

inline Json instant_or_null(const db::Row& row, int column) {
    return row.is_null(column) ? Json(nullptr) : Json(to_rfc3339(row.time(column)));
}

inline Json text_or_null(const db::Row& row, int column) { return row.is_null(column) ? Json(nullptr) : Json(row.text(column)); }

// A stored JSON document; null if it cannot be read.
inline Json stored_json(std::string_view text) {
    auto document = json::parse(text, {.bytes = 16 << 20, .depth = 64});
    return document ? std::move(*document) : Json(nullptr);
}

// A stored list of votes: alone, or as `{"rule": …, "votes": […]}`. An empty list if there is none.
inline Json votes_in(const Json& stored) {
    if (stored.is_array()) return stored;
    const auto found = stored.is_object() ? stored.find("votes") : stored.end();
    return found != stored.end() && found->is_array() ? *found : Json::array();
}

// The rule that stands beside stored votes; nothing if none does.
inline std::optional<std::string> rule_beside_votes(const Json& stored) {
    const auto found = stored.is_object() ? stored.find("rule") : stored.end();
    if (found == stored.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

}  // namespace sonde::controlplane
