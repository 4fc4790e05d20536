#include "lib/json/reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::json {
namespace {

bool has_control_characters(std::string_view text, bool multi_line) {
    return std::any_of(text.begin(), text.end(), [multi_line](char c) {
        if (multi_line && (c == '\n' || c == '\r' || c == '\t')) return false;
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

std::string describe(const TextRule& rule) {
    if (rule.min == 0) return fmt::format("must be a string of at most {} bytes", rule.max);
    return fmt::format("must be a string of {} to {} bytes", rule.min, rule.max);
}

// Nothing if the text obeys the rule, else what it should have been.
std::optional<std::string> breach(const std::string& text, const TextRule& rule) {
    if (text.size() < rule.min || text.size() > rule.max) return describe(rule);
    if (has_control_characters(text, rule.multi_line)) return "must not contain control characters";
    return std::nullopt;
}

}  // namespace

std::string escape_pointer(std::string_view token) {
    std::string escaped;
    for (const char c : token) {
        if (c == '~') {
            escaped += "~0";
        } else if (c == '/') {
            escaped += "~1";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

Reader::Reader(const Json& document, std::string pointer, Problems& problems)
    : document_(document), pointer_(std::move(pointer)), problems_(problems), is_object_(document.is_object()) {
    if (!is_object_) problems_.push_back({pointer_, "must be an object"});
}

Reader& Reader::require(std::initializer_list<std::string_view> fields) {
    if (!is_object_) return *this;
    for (const auto field : fields) {
        if (!has(field)) problems_.push_back({pointer_, fmt::format("the field \"{}\" is required", field)});
    }
    return *this;
}

bool Reader::has(std::string_view field) const { return is_object_ && document_.contains(field); }

const Json* Reader::take(std::string_view field) {
    asked_.push_back(field);
    if (!is_object_) return nullptr;
    const auto found = document_.find(field);
    return found == document_.end() ? nullptr : &*found;
}

const Json* Reader::value(std::string_view field) { return take(field); }

bool Reader::boolean(std::string_view field, bool& target) {
    const auto* value = take(field);
    if (value == nullptr) return false;
    if (!value->is_boolean()) {
        refuse(field, "must be true or false");
        return false;
    }
    target = value->get<bool>();
    return true;
}

bool Reader::whole(std::string_view field, std::int64_t& target, std::int64_t min, std::int64_t max) {
    const auto* value = take(field);
    if (value == nullptr) return false;
    const bool fits = value->is_number_integer() &&
                      !(value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    if (!fits || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
        refuse(field, fmt::format("must be a whole number from {} to {}", min, max));
        return false;
    }
    target = value->get<std::int64_t>();
    return true;
}

bool Reader::whole(std::string_view field, int& target, int min, int max) {
    std::int64_t wide = 0;
    if (!whole(field, wide, static_cast<std::int64_t>(min), static_cast<std::int64_t>(max))) return false;
    target = static_cast<int>(wide);
    return true;
}

bool Reader::duration_ms(std::string_view field, milliseconds& target, milliseconds min, milliseconds max) {
    std::int64_t ms = 0;
    if (!whole(field, ms, min.count(), max.count())) return false;
    target = milliseconds{ms};
    return true;
}

const std::string* Reader::find_string(std::string_view field) {
    const auto* value = take(field);
    if (value == nullptr) return nullptr;
    if (!value->is_string()) {
        refuse(field, "must be a string");
        return nullptr;
    }
    return value->get_ptr<const std::string*>();
}

bool Reader::text(std::string_view field, std::string& target, TextRule rule) {
    const auto* value = find_string(field);
    if (value == nullptr) return false;
    if (auto wrong = breach(*value, rule)) {
        refuse(field, std::move(*wrong));
        return false;
    }
    target = *value;
    return true;
}

bool Reader::texts(std::string_view field, std::vector<std::string>& target, std::size_t max_items, TextRule rule) {
    const auto* items = array(field, max_items);
    if (items == nullptr) return false;
    std::vector<std::string> read;
    const auto problems_before = problems_.size();
    for (std::size_t i = 0; i < items->size(); ++i) {
        const auto& item = (*items)[i];
        auto wrong = item.is_string() ? breach(item.get_ref<const std::string&>(), rule) : describe(rule);
        if (wrong) {
            problems_.push_back({fmt::format("{}/{}", pointer(field), i), std::move(*wrong)});
        } else {
            read.push_back(item.get<std::string>());
        }
    }
    if (problems_.size() != problems_before) return false;
    target = std::move(read);
    return true;
}

const Json* Reader::object(std::string_view field) {
    const auto* value = take(field);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) {
        refuse(field, "must be an object");
        return nullptr;
    }
    return value;
}

const Json* Reader::array(std::string_view field, std::size_t max_items) {
    const auto* value = take(field);
    if (value == nullptr) return nullptr;
    if (!value->is_array() || value->size() > max_items) {
        refuse(field, fmt::format("must be an array of at most {} items", max_items));
        return nullptr;
    }
    return value;
}

std::string Reader::pointer(std::string_view field) const { return pointer_ + '/' + escape_pointer(field); }

void Reader::refuse(std::string_view field, std::string detail) {
    problems_.push_back({pointer(field), std::move(detail)});
}

void Reader::refuse_name(std::string_view field, const std::string_view* names, std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", names[i]);
    refuse(field, fmt::format("must be one of {}", list));
}

void Reader::finish() {
    if (!is_object_) return;
    for (const auto& [key, value] : document_.items()) {
        if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
            problems_.push_back({pointer_ + '/' + escape_pointer(key), "is not a field of this object"});
        }
    }
}

}  // namespace sonde::json
