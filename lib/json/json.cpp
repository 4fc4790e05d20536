#include "lib/json/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace sonde::json {
namespace {

// Builds the document, and refuses on the way what the library would let pass: depth and duplicate keys.
struct Guard {
    int max_depth;
    std::vector<std::unordered_set<std::string>> keys;
    std::string refusal;

    bool operator()(int depth, Json::parse_event_t event, Json& value) {
        using Event = Json::parse_event_t;
        if (!refusal.empty()) return true;
        switch (event) {
            case Event::object_start:
            case Event::array_start:
                if (depth >= max_depth) refusal = fmt::format("nested deeper than {} levels", max_depth);
                keys.emplace_back();
                break;
            case Event::object_end:
            case Event::array_end:
                keys.pop_back();
                break;
            case Event::key:
                if (!keys.back().insert(value.get<std::string>()).second) {
                    refusal = fmt::format("has the key \"{}\" twice in one object", value.get<std::string>());
                }
                break;
            case Event::value:
                break;
        }
        return true;
    }
};

}  // namespace

Result<Json> parse(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes) return Error{fmt::format("is larger than {} bytes", limits.bytes)};
    // The parser recurses nowhere, so a deep document costs memory only, and that is bounded by its size.
    Guard guard{limits.depth, {}, {}};
    try {
        Json document = Json::parse(text, [&guard](int depth, Json::parse_event_t event, Json& value) {
            return guard(depth, event, value);
        });
        if (!guard.refusal.empty()) return Error{guard.refusal};
        return document;
    } catch (const Json::parse_error& error) {
        return Error{fmt::format("is not valid JSON near byte {}", error.byte)};
    } catch (const Json::exception&) {
        return Error{"has a number out of range"};
    }
}

std::string dump(const Json& document) {
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string clean_utf8(std::string_view text) {
    auto clean = Json::parse(dump(Json(text))).get<std::string>();
    std::replace(clean.begin(), clean.end(), '\0', ' ');
    return clean;
}

}  // namespace sonde::json
