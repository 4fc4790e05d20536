#include "lib/template/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

namespace sonde::mustache {
namespace {

namespace engine = kainjow::mustache;

struct TooMuch : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Values are made where they stay: the engine's own ways to add one copy it, and all that is in it, once for each level.
void fill(engine::data& into, const Json& value, const Escape& escape) {
    if (value.is_object()) {
        into = engine::data{engine::data::type::object};
        for (const auto& [name, inner] : value.items()) {
            into.set(name, engine::data{false});
            fill(const_cast<engine::data&>(*into.get(name)), inner, escape);
        }
    } else if (value.is_array()) {
        into = engine::data{engine::data::type::list};
        auto& list = const_cast<engine::list&>(into.list_value());
        list.reserve(value.size());
        for (const auto& inner : value) fill(list.emplace_back(engine::data::type::bool_false), inner, escape);
    } else if (value.is_null() || value.is_boolean()) {
        into = engine::data{value.is_boolean() && value.get<bool>()};
    } else {
        const auto put = [&](const std::string& text) { into = text.empty() ? engine::data{false} : engine::data{escape ? escape(text) : text}; };
        value.is_string() ? put(value.get_ref<const std::string&>()) : put(json::dump(value));
    }
}

// The engine asks here for every value and tells every round of a section, which is where its work is bounded: it collects a line before it hands it on.
class BoundedContext final : public engine::context<std::string> {
public:
    BoundedContext(const engine::data* root, std::size_t round, std::size_t most) : context(root), round_(round), most_(most) {}

    void push(const engine::data* data) override {
        spend(round_);
        context::push(data);
    }

    const engine::data* get(const std::string& name) const override {
        const auto* found = context::get(name);
        spend(found != nullptr && found->is_string() ? found->string_value().size() : 1);
        return found;
    }

private:
    void spend(std::size_t bytes) const {
        spent_ += bytes;
        if (spent_ > most_) throw TooMuch("its sections repeat too much");
    }

    std::size_t round_;
    std::size_t most_;
    mutable std::size_t spent_ = 0;
};

Mistake mistake_at(std::string_view text, std::size_t at, std::string_view what) {
    const auto before = text.substr(0, at);
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto start = before.rfind('\n');
    const auto column = static_cast<int>(start == std::string_view::npos ? at : at - start - 1) + 1;
    return {line, column, fmt::format("line {}, column {}: {}", line, column, what)};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    return text.substr(0, text.find_last_not_of(blank) + 1);
}

bool is_name(std::string_view text) {
    if (text == ".") return true;
    if (text.empty() || text.size() > 100 || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

}  // namespace

struct Values::Tree {
    engine::data root;
};

Values::Values(const Json& object, const Escape& escape) {
    auto tree = std::make_shared<Tree>();
    fill(tree->root, object, escape);
    tree_ = std::move(tree);
}

// Reads the text as the engine will, so that the engine never meets what it cannot read.
Result<Template, Mistake> Template::parse(std::string_view text, const Bounds& bounds) {
    if (text.size() > bounds.template_bytes) return mistake_at(text, bounds.template_bytes, fmt::format("longer than {} bytes", bounds.template_bytes));
    struct Open {
        std::string_view name;
        std::size_t at;
    };
    Template made;
    std::vector<Open> open;
    for (auto at = text.find("{{"); at != std::string_view::npos;) {
        const auto end = text.find("}}", at + 2);
        if (end == std::string_view::npos) return mistake_at(text, at, "a tag without end");
        auto inside = trimmed(text.substr(at + 2, end - at - 2));
        const auto sign = inside.empty() ? '\0' : inside.front();
        if (sign == '{' || sign == '&') return mistake_at(text, at, "values are always escaped: write {{name}}");
        if (sign == '>') return mistake_at(text, at, "there are no partials");
        if (sign == '=') return mistake_at(text, at, "the delimiters cannot be changed");
        if (sign != '!') {
            if (sign == '#' || sign == '^' || sign == '/') inside = trimmed(inside.substr(1));
            if (!is_name(inside)) return mistake_at(text, at, "a name is made of letters, digits, `_` and `.`");
            if (sign == '/') {
                if (open.empty()) return mistake_at(text, at, fmt::format("the section \"{}\" ends and never began", inside));
                if (open.back().name != inside) return mistake_at(text, at, fmt::format("the section \"{}\" is still open", open.back().name));
                open.pop_back();
            } else {
                made.names_.emplace(inside);
            }
            if (sign == '#' || sign == '^') {
                if (open.size() == kMaxDepth) return mistake_at(text, at, fmt::format("more than {} sections in each other", kMaxDepth));
                open.push_back({inside, at});
            }
        }
        at = text.find("{{", end + 2);
    }
    if (!open.empty()) return mistake_at(text, open.back().at, fmt::format("the section \"{}\" never ends", open.back().name));
    made.text_ = text;
    made.bounds_ = bounds;
    return made;
}

Result<std::string> Template::render(const Values& values) const {
    engine::mustache parsed(text_);
    if (!parsed.is_valid()) return Error{"the template cannot be read: " + parsed.error_message()};
    std::string output;
    struct Sink {
        std::string& text;
        std::size_t most;
        Sink& operator<<(const std::string& piece) {
            if (text.size() + piece.size() > most) throw TooMuch(fmt::format("its text is longer than {} bytes", most));
            text += piece;
            return *this;
        }
    } sink{output, bounds_.output_bytes};
    try {
        BoundedContext context(&values.tree_->root, text_.size(), bounds_.work);
        parsed.set_custom_escape([](const std::string& value) { return value; });  // they are, since they were made
        parsed.render(context, sink);
    } catch (const TooMuch& much) {
        return Error{fmt::format("the template cannot be filled: {}", much.what())};
    }
    return output;
}

}  // namespace sonde::mustache
