#include "lib/config/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/config/yaml_text.h"

namespace sonde::config {
namespace {

constexpr std::size_t kLongestInline = 100;

// A duration, as 1h30m, which is no number to anybody.
bool is_duration(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && digit(text.front()) && !digit(text.back()) && text.find_first_not_of("0123456789dhms") == std::string_view::npos;
}

// Whether a plain scalar of this text is read as text, and as this one.
bool is_plain(std::string_view text) {
    if (is_duration(text)) return true;
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_'; };
    if (!letter(text.front())) return false;
    for (const auto word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
        std::string lower(text);
        std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
        if (lower == word) return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool digit = c >= '0' && c <= '9';
        if (letter(c) || digit || c == '.' || c == '-' || c == '+' || c == '@' || c == '(' || c == ')' || c == '=') continue;
        if (c == ' ' && text[i - 1] != ':' && (i + 1 >= text.size() || text[i + 1] != '#')) continue;
        if (c == ':' && i + 1 < text.size() && text[i + 1] == '/') continue;  // of a URL
        return false;
    }
    return true;
}

// A flow map or list, where `:` and `,` have a meaning, takes fewer plain texts.
std::string inline_text(const std::string& text) { return is_plain(text) ? text : yaml_text(text); }

bool write_block(const Json& value) {
    if (!value.is_structured() || value.empty()) return false;
    if (value.is_object()) {
        for (const auto& item : value) {
            if (item.is_object() && !item.empty()) return true;
        }
    }
    return write_yaml_inline(value).size() > kLongestInline;
}

void write_map(const Json& map, const std::string& indent, std::string& text);

void write_list(const Json& list, const std::string& indent, std::string& text) {
    for (const auto& item : list) {
        if (!write_block(item) || !item.is_object()) {
            text += fmt::format("{}- {}\n", indent, write_yaml_inline(item));
            continue;
        }
        std::string inner;
        write_map(item, indent + "  ", inner);
        inner.replace(indent.size(), 2, "- ");
        text += inner;
    }
}

void write_map(const Json& map, const std::string& indent, std::string& text) {
    for (const auto& [name, value] : map.items()) {
        if (!write_block(value)) {
            text += fmt::format("{}{}: {}\n", indent, write_yaml_text(name), write_yaml_inline(value));
            continue;
        }
        text += fmt::format("{}{}:\n", indent, write_yaml_text(name));
        if (value.is_object()) {
            write_map(value, indent + "  ", text);
        } else {
            write_list(value, indent + "  ", text);
        }
    }
}

}  // namespace

std::string write_yaml_text(std::string_view text) { return inline_text(std::string(text)); }

std::string write_yaml_inline(const Json& value) {
    if (value.is_string()) return inline_text(value.get_ref<const std::string&>());
    if (!value.is_structured()) return json::dump(value);
    std::string text(1, value.is_object() ? '{' : '[');
    for (const auto& [name, item] : value.items()) {
        if (text.size() > 1) text += ", ";
        if (value.is_object()) text += write_yaml_text(name) + ": ";
        text += write_yaml_inline(item);
    }
    return text + (value.is_object() ? '}' : ']');
}

std::string write_yaml(const Json& map, int indent) {
    std::string text;
    write_map(map, std::string(static_cast<std::size_t>(indent), ' '), text);
    return text;
}

}  // namespace sonde::config
