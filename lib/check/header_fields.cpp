#include "lib/check/header_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sonde::check {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxValue = 4096;

bool is_value(std::string_view text) {
    if (text.starts_with(' ') || text.ends_with(' ') || text.starts_with('\t') || text.ends_with('\t')) return false;
    return std::none_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

bool is_refused(const HeaderRule& rule, std::string_view name) {
    return std::any_of(rule.refused.begin(), rule.refused.end(), [&](std::string_view refused) {
        if (!refused.ends_with('*')) return refused == name;
        refused.remove_suffix(1);
        return name.starts_with(refused);
    });
}

// Nothing if it may be sent, else what is wrong with it.
std::optional<std::string> wrong_with(const std::string& name, const Json& value, const HeaderRule& rule) {
    if (name.size() > kMaxName || !is_token(name)) return "is not a header name";
    if (rule.lower_case && lower_case(name) != name) return "must be in lower case";
    if (is_refused(rule, lower_case(name))) return "is a header the probe sets itself";
    if (!value.is_string()) return "must be a string";
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > kMaxValue) return fmt::format("must be a string of at most {} bytes", kMaxValue);
    if (!is_value(text)) return "must not contain control characters, nor begin or end with a space";
    return std::nullopt;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

void read_header_fields(json::Reader& in, std::string_view field, HeaderFields& target, const HeaderRule& rule, json::Problems& problems) {
    const auto* object = in.object(field);
    if (object == nullptr) return;
    if (object->size() > rule.most) return in.refuse(field, fmt::format("must have at most {} headers", rule.most));
    std::vector<std::string> seen;
    std::size_t bytes = 0;
    for (const auto& [name, value] : object->items()) {
        const auto pointer = in.pointer(field) + '/' + json::escape_pointer(name);
        if (auto wrong = wrong_with(name, value, rule)) {
            problems.push_back({pointer, std::move(*wrong)});
            continue;
        }
        auto plain = lower_case(name);
        if (std::find(seen.begin(), seen.end(), plain) != seen.end()) {
            problems.push_back({pointer, "is there twice: header names do not differ by case"});
            continue;
        }
        seen.push_back(std::move(plain));
        target.emplace_back(name, value.get<std::string>());
        bytes += name.size() + target.back().second.size();
    }
    if (bytes > rule.bytes) in.refuse(field, fmt::format("must not be longer than {} bytes together", rule.bytes));
}

Json write_header_fields(const HeaderFields& fields) {
    Json object = Json::object();
    for (const auto& [name, value] : fields) object[name] = value;
    return object;
}

}  // namespace sonde::check
