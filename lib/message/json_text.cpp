#include "lib/message/json_text.h"

#include <fmt/format.h>

#include "lib/json/json.h"

namespace sonde::message::json_text {
namespace {

constexpr std::size_t kLongestMessage = 1 << 20;  // the server's max_payload
constexpr std::int64_t kLastInstant = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

// Whether valid JSON text holds the escape \u0000 (and not merely a backslash followed by `u0000`).
bool has_zero(std::string_view json) {
    for (auto at = json.find('\\'); at != std::string_view::npos && at + 1 < json.size(); at = json.find('\\', at + 2)) {
        if (json.substr(at + 1, 5) == "u0000") return true;
    }
    return false;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
    if (!simdjson::validate_utf8(text.data(), text.size())) {
        // Rare enough for the slow way round: the document writer replaces what is not UTF-8.
        const auto repaired = json::dump(Json(std::string(text)));
        append_string(out, Json::parse(repaired).get<std::string>());
        return;
    }
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\0': out += ' '; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

simdjson::dom::element parse(std::string_view text) {
    thread_local simdjson::dom::parser parser;
    if (text.size() > kLongestMessage) throw Malformed{fmt::format("is longer than {} bytes", kLongestMessage)};
    return parser.parse(text.data(), text.size(), true).value();
}

Fields::Fields(simdjson::dom::element element) {
    if (element.get_object().get(object_) != simdjson::SUCCESS) throw Malformed{"is not an object"};
}

Malformed Fields::wrong(std::string_view field, std::string_view what) { return {fmt::format("{} {}", field, what)}; }

simdjson::dom::element Fields::get(std::string_view field) const {
    simdjson::dom::element value;
    if (object_.at_key(field).get(value) != simdjson::SUCCESS) throw wrong(field, "is missing");
    return value;
}

bool Fields::has(std::string_view field) const { return object_.at_key(field).error() == simdjson::SUCCESS; }

std::string_view Fields::text(std::string_view field, std::size_t max) const {
    std::string_view value;
    if (get(field).get_string().get(value) != simdjson::SUCCESS) throw wrong(field, "is not a string");
    if (value.size() > max) throw wrong(field, fmt::format("is longer than {} bytes", max));
    return value;
}

std::int64_t Fields::whole(std::string_view field, std::int64_t min, std::int64_t max) const {
    std::int64_t value = 0;
    if (get(field).get_int64().get(value) != simdjson::SUCCESS || value < min || value > max) {
        throw wrong(field, fmt::format("is not a whole number from {} to {}", min, max));
    }
    return value;
}

std::int64_t Fields::whole_or(std::string_view field, std::int64_t min, std::int64_t max, std::int64_t fallback) const {
    return has(field) ? whole(field, min, max) : fallback;
}

int Fields::small(std::string_view field, int min, int max) const { return static_cast<int>(whole(field, min, max)); }

double Fields::real_or(std::string_view field, double fallback) const {
    if (!has(field)) return fallback;
    double value = 0;
    if (get(field).get_double().get(value) != simdjson::SUCCESS) throw wrong(field, "is not a number");
    return value;
}

bool Fields::boolean_or(std::string_view field, bool fallback) const {
    if (!has(field)) return fallback;
    bool value = false;
    if (get(field).get_bool().get(value) != simdjson::SUCCESS) throw wrong(field, "is not true or false");
    return value;
}

TimePoint Fields::instant(std::string_view field) const { return from_unix_ms(whole(field, 0, kLastInstant)); }

simdjson::dom::array Fields::array(std::string_view field, std::size_t min, std::size_t max) const {
    simdjson::dom::array value;
    if (get(field).get_array().get(value) != simdjson::SUCCESS || value.size() < min || value.size() > max) {
        throw wrong(field, fmt::format("is not an array of {} to {} items", min, max));
    }
    return value;
}

Fields Fields::object(std::string_view field) const {
    const auto value = get(field);
    if (!value.is_object()) throw wrong(field, "is not an object");
    return Fields(value);
}

std::string Fields::object_text(std::string_view field) const {
    const auto value = get(field);
    if (!value.is_object()) throw wrong(field, "is not an object");
    auto text = simdjson::minify(value);
    if (has_zero(text)) throw wrong(field, "contains U+0000");
    return text;
}

}  // namespace sonde::message::json_text
