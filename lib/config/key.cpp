#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "lib/config/config.h"
#include "lib/config/yaml_text.h"

namespace sonde::config {
namespace {

// A value of one type in the struct of its owner. `Rule` has `read(text, is_list, value) -> what it must be` and `print(value)`.
template <class Value, class Rule>
class Kept final : public Target {
public:
    Kept(Value& present, Rule rule) : present_(present), default_(present), rule_(std::move(rule)) {}

    std::string stage(const std::vector<std::string>& values, bool is_list) override {
        return rule_.read(values, is_list, staged_);
    }
    void stage_default() override { staged_ = default_; }
    [[nodiscard]] bool differs() const override { return !rule_.same(staged_, present_); }
    void swap() override { std::swap(staged_, present_); }
    [[nodiscard]] std::string print() const override { return rule_.print(present_); }

private:
    Value& present_;
    Value default_;
    Value staged_{};
    Rule rule_;
};

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

struct Plain {
    static bool same(const auto& left, const auto& right) { return left == right; }
};

struct TextRule : Plain {
    static std::string read(const std::vector<std::string>& values, bool is_list, std::string& value) {
        if (is_list) return "must be one text, not a list";
        if (has_control_characters(values.front())) return "must not contain control characters";
        value = values.front();
        return {};
    }
    static std::string print(const std::string& value) { return yaml_text(value); }
};

struct SecretRule {
    static bool same(const Secret& left, const Secret& right) { return left.reveal() == right.reveal(); }
    static std::string read(const std::vector<std::string>& values, bool is_list, Secret& value) {
        if (is_list) return "must be one text, not a list";
        value = Secret{values.front()};
        return {};
    }
    static std::string print(const Secret& value) { return value.empty() ? "\"\"" : "\"***\""; }
};

struct BoolRule : Plain {
    static std::string read(const std::vector<std::string>& values, bool is_list, bool& value) {
        const bool yes = !is_list && values.front() == "true";
        if (!yes && (is_list || values.front() != "false")) return "must be true or false";
        value = yes;
        return {};
    }
    static std::string print(bool value) { return value ? "true" : "false"; }
};

template <class Whole>
struct WholeRule : Plain {
    Whole min;
    Whole max;
    std::string read(const std::vector<std::string>& values, bool is_list, Whole& value) const {
        const auto wrong = fmt::format("must be a whole number from {} to {}", min, max);
        if (is_list) return wrong;
        const auto& text = values.front();
        Whole number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) return wrong;
        value = number;
        return {};
    }
    static std::string print(Whole value) { return std::to_string(value); }
};

struct DurationRule : Plain {
    milliseconds min;
    milliseconds max;
    std::string read(const std::vector<std::string>& values, bool is_list, milliseconds& value) const {
        const auto duration = is_list ? std::nullopt : parse_duration(values.front());
        if (!duration || *duration < min || *duration > max) {
            return fmt::format("must be a duration from {} to {}", format_duration(min), format_duration(max));
        }
        value = *duration;
        return {};
    }
    static std::string print(milliseconds value) { return format_duration(value); }
};

struct ListRule : Plain {
    std::size_t max_items;
    std::string read(const std::vector<std::string>& values, bool, std::vector<std::string>& value) const {
        if (values.size() > max_items) return fmt::format("must be a list of at most {} texts", max_items);
        if (std::any_of(values.begin(), values.end(), has_control_characters)) return "must not contain control characters";
        value = values;
        return {};
    }
    static std::string print(const std::vector<std::string>& value) {
        std::string text;
        for (const auto& item : value) text += (text.empty() ? "" : ", ") + yaml_text(item);
        return '[' + text + ']';
    }
};

std::string listed(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

struct NameRule : Plain {
    std::vector<std::string> names;
    std::string read(const std::vector<std::string>& values, bool is_list, std::string& value) const {
        if (is_list || std::find(names.begin(), names.end(), values.front()) == names.end())
            return "must be one of " + listed(names);
        value = values.front();
        return {};
    }
    static std::string print(const std::string& value) { return value; }
};

template <class Value, class Rule>
Key build(std::string path, Value& target, Rule rule, std::string type, std::string range, std::string doc, Flags flags) {
    Key key;
    key.path = std::move(path);
    key.type = std::move(type);
    key.range = std::move(range);
    key.doc = std::move(doc);
    key.required = flags.required;
    key.reloadable = flags.reloadable;
    key.target = std::make_shared<Kept<Value, Rule>>(target, std::move(rule));
    if (!flags.required) key.fallback = key.target->print();
    return key;
}

template <class Whole>
Key whole(std::string path, Whole& target, Whole min, Whole max, std::string doc, Flags flags) {
    const bool to_the_end = max == std::numeric_limits<Whole>::max();
    auto range = to_the_end ? fmt::format("{} or more", min) : fmt::format("{} to {}", min, max);
    return build(std::move(path), target, WholeRule<Whole>{{}, min, max}, "whole number", std::move(range), std::move(doc),
                 flags);
}

}  // namespace

Key key(std::string path, std::string& target, std::string doc, Flags flags) {
    return build(std::move(path), target, TextRule{}, "text", "", std::move(doc), flags);
}

Key key(std::string path, Secret& target, std::string doc, Flags flags) {
    auto made = build(std::move(path), target, SecretRule{}, "secret text", "", std::move(doc), flags);
    made.secret = true;
    return made;
}

Key key(std::string path, bool& target, std::string doc, Flags flags) {
    return build(std::move(path), target, BoolRule{}, "true or false", "", std::move(doc), flags);
}

Key key(std::string path, int& target, int min, int max, std::string doc, Flags flags) {
    return whole(std::move(path), target, min, max, std::move(doc), flags);
}

Key key(std::string path, std::int64_t& target, std::int64_t min, std::int64_t max, std::string doc, Flags flags) {
    return whole(std::move(path), target, min, max, std::move(doc), flags);
}

Key key(std::string path, milliseconds& target, milliseconds min, milliseconds max, std::string doc, Flags flags) {
    auto range = fmt::format("{} to {}", format_duration(min), format_duration(max));
    return build(std::move(path), target, DurationRule{{}, min, max}, "duration", std::move(range), std::move(doc), flags);
}

Key key(std::string path, std::vector<std::string>& target, std::size_t max_items, std::string doc, Flags flags) {
    auto range = fmt::format("at most {} items", max_items);
    return build(std::move(path), target, ListRule{{}, max_items}, "list of texts", std::move(range), std::move(doc), flags);
}

Key one_of(std::string path, std::string& target, std::vector<std::string> names, std::string doc, Flags flags) {
    auto range = listed(names);
    return build(std::move(path), target, NameRule{{}, std::move(names)}, "name", std::move(range), std::move(doc), flags);
}

Key checked(Key key, std::function<std::string()> check) {
    key.checks.push_back(std::move(check));
    return key;
}

}  // namespace sonde::config
