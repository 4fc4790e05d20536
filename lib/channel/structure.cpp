#include "lib/channel/structure.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/json/reader.h"
#include "lib/template/template.h"

namespace sonde::channel {
namespace {

constexpr std::string_view kWords[] = {"$when", "$unless", "$value", "$each", "$most", "$item", "$pick", "$else", "$raw"};
constexpr std::size_t kMostItems = 50;

class Filler {
public:
    explicit Filler(const Context& context) : plain_(context.plain), escaped_(context.escaped), values_(context.escaped) {}

    Result<std::optional<Json>> fill(const Json& structure) const {
        if (structure.is_string()) return text(structure.get_ref<const std::string&>());
        if (structure.is_array()) return list(structure);
        if (!structure.is_object()) return std::optional<Json>(structure);
        if (!wanted(structure)) return std::optional<Json>();
        if (const auto found = structure.find("$value"); found != structure.end()) return fill(*found);
        if (const auto found = structure.find("$raw"); found != structure.end()) {
            const auto& value = value_of(plain_, found->get<std::string>());
            return value.is_null() ? std::optional<Json>() : std::optional<Json>(value);
        }
        if (structure.contains("$pick")) return picked(structure);
        return object(structure);
    }

private:
    bool wanted(const Json& structure) const {
        if (const auto found = structure.find("$when"); found != structure.end() && !is_there(value_of(plain_, found->get<std::string>()))) return false;
        const auto found = structure.find("$unless");
        return found == structure.end() || !is_there(value_of(plain_, found->get<std::string>()));
    }

    Result<std::optional<Json>> text(const std::string& from) const {
        const auto parsed = mustache::Template::parse(from);
        if (!parsed) return Error{parsed.error().message};
        auto made = parsed->render(values_);
        if (!made) return made.error();
        return std::optional<Json>(*std::move(made));
    }

    Result<std::optional<Json>> picked(const Json& structure) const {
        const auto& chosen = value_of(plain_, structure["$pick"].get<std::string>());
        const auto name = chosen.is_string() ? chosen.get<std::string>() : chosen.is_null() ? "" : json::dump(chosen);
        const auto found = name.starts_with('$') ? structure.end() : structure.find(name);
        if (found != structure.end()) return fill(*found);
        const auto otherwise = structure.find("$else");
        if (otherwise != structure.end()) return fill(*otherwise);
        return std::optional<Json>();
    }

    Result<std::optional<Json>> object(const Json& structure) const {
        Json made = Json::object();
        for (const auto& [name, inner] : structure.items()) {
            if (name == "$when" || name == "$unless") continue;
            auto value = fill(inner);
            if (!value) return value;
            if (*value) made[name] = **std::move(value);
        }
        return std::optional<Json>(std::move(made));
    }

    Result<std::optional<Json>> list(const Json& structure) const {
        Json made = Json::array();
        for (const auto& inner : structure) {
            if (inner.is_object() && inner.contains("$each")) {
                if (auto done = repeat(inner, made); !done) return done.error();
                continue;
            }
            auto value = fill(inner);
            if (!value) return value;
            if (*value) made.push_back(**std::move(value));
        }
        return std::optional<Json>(std::move(made));
    }

    Status repeat(const Json& structure, Json& made) const {
        if (!wanted(structure)) return Done{};
        const auto name = structure["$each"].get<std::string>();
        const auto& items = value_of(plain_, name);
        const auto& same = value_of(escaped_, name);
        if (!items.is_array() || !same.is_array()) return Done{};
        const auto most = structure.contains("$most") ? structure["$most"].get<std::size_t>() : kMostItems;
        for (std::size_t i = 0; i < std::min(most, items.size()); ++i) {
            Context inner{plain_, escaped_};
            if (items[i].is_object()) inner.plain.update(items[i]);
            if (same[i].is_object()) inner.escaped.update(same[i]);
            auto value = Filler(inner).fill(structure["$item"]);
            if (!value) return value.error();
            if (*value) made.push_back(**std::move(value));
        }
        return Done{};
    }

    const Json& plain_;
    const Json& escaped_;
    mustache::Values values_;
};

void find_mistakes(const Json& structure, const std::string& pointer, std::vector<std::pair<std::string, std::string>>& found) {
    if (structure.is_string()) {
        if (const auto parsed = mustache::Template::parse(structure.get_ref<const std::string&>()); !parsed) found.emplace_back(pointer, "is no template: " + parsed.error().message);
        return;
    }
    if (structure.is_array()) {
        for (std::size_t i = 0; i < structure.size(); ++i) find_mistakes(structure[i], fmt::format("{}/{}", pointer, i), found);
        return;
    }
    if (!structure.is_object()) return;
    for (const auto& [name, inner] : structure.items()) {
        const auto at = pointer + "/" + json::escape_pointer(name);
        if (!name.starts_with('$')) {
            find_mistakes(inner, at, found);
        } else if (std::find(std::begin(kWords), std::end(kWords), name) == std::end(kWords)) {
            found.emplace_back(at, "means nothing here");
        } else if (name == "$most") {
            if (!inner.is_number_integer() || inner.get<std::int64_t>() < 1) found.emplace_back(at, "must be a number");
        } else if (name == "$value" || name == "$item" || name == "$else") {
            find_mistakes(inner, at, found);
        } else if (!inner.is_string()) {
            found.emplace_back(at, "must be a text");
        }
    }
    if (structure.contains("$each") != structure.contains("$item")) found.emplace_back(pointer, "`$each` and `$item` belong together");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> mistakes_of(const Json& structure) {
    std::vector<std::pair<std::string, std::string>> found;
    find_mistakes(structure, "", found);
    return found;
}

Result<std::optional<Json>> filled(const Json& structure, const Context& context) { return Filler(context).fill(structure); }

const Json& value_of(const Json& values, std::string_view name) {
    static const Json none;
    const auto* value = &values;
    while (true) {
        const auto dot = name.find('.');
        if (!value->is_object()) return none;
        const auto found = value->find(name.substr(0, dot));
        if (found == value->end()) return none;
        if (dot == std::string_view::npos) return *found;
        value = &*found;
        name.remove_prefix(dot + 1);
    }
}

bool is_there(const Json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_string()) return !value.get_ref<const std::string&>().empty();
    return !value.is_null() && !(value.is_array() && value.empty());
}

std::string shortened(std::string_view text, std::size_t max, Escape escape) {
    const auto whole = escaped(text, escape);
    if (max == 0 || count_utf8(whole) <= max) return max == 0 ? "" : whole;
    std::string made;
    std::size_t count = 0;
    for (Utf8Cursor cursor(text); cursor.peek();) {
        const auto begin = cursor.offset();
        cursor.next();
        const auto next = escaped(text.substr(begin, cursor.offset() - begin), escape);
        count += count_utf8(next);
        if (count >= max) break;
        made += next;
    }
    return made + "…";
}

}  // namespace sonde::channel
