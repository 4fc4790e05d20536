#include "lib/config/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <streambuf>

#include "lib/config/document.h"
#include "lib/config/variables.h"
#include "lib/json/reader.h"

namespace sonde::config {
namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Json plain_value(const std::string& text) {
    if (text == "true" || text == "false") return text == "true";
    if (text == "null" || text == "~" || text.empty()) return nullptr;
    if (const auto whole = number_in<std::int64_t>(text)) return *whole;
    const bool begins = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
    if (const auto real = begins ? number_in<double>(text) : std::nullopt) return *real;
    return text;
}

int line_at(const YAML::Mark& mark) { return std::max(mark.line + 1, 1); }

// Thrown out of the parser, which would otherwise go on with what is hopeless.
struct Hopeless {};

// Takes the parser's events as they come: no document of its kind is ever built, and each file is read once.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(Mistakes& mistakes, Variables variables, int deepest) : mistakes_(mistakes), variables_(variables), deepest_(deepest) {}

    std::vector<Tree> trees;

    void OnDocumentStart(const YAML::Mark& mark) override {
        tree_ = {};
        tree_.line = line_at(mark);
        open_.clear();
    }
    void OnDocumentEnd() override { trees.push_back(std::move(tree_)); }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        if (expects_key()) return bad_key(mark);
        place(mark, nullptr);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { hopeless(mark, "aliases are not taken: say it where it is needed"); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        refuse_anchor(mark, anchor);
        if (!tag.empty() && tag != "?" && tag != "!") hopeless(mark, "tags are not taken");
        if (expects_key()) return key(mark, value);
        if (variables_ == Variables::keep || value.find("${") == std::string::npos) {
            place(mark, tag == "!" ? Json(value) : plain_value(value));
            return;
        }
        auto replaced = replace_variables(value);
        if (!replaced.wrong.empty()) mistakes_.add(line_at(mark), replaced.wrong);
        place(mark, tag == "!" ? Json(std::move(replaced.text)) : plain_value(replaced.text));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, Json::array());
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, Json::object());
    }
    void OnMapEnd() override { end(); }

private:
    struct Open {
        Json value;
        std::string pointer;
        std::string key;
        bool has_key = false;
    };

    [[noreturn]] void hopeless(const YAML::Mark& mark, std::string what) {
        mistakes_.add(line_at(mark), std::move(what));
        throw Hopeless{};
    }
    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != 0) hopeless(mark, "anchors are not taken: say it where it is needed");
    }
    [[nodiscard]] bool expects_key() const { return !open_.empty() && open_.back().value.is_object() && !open_.back().has_key; }
    void bad_key(const YAML::Mark& mark) { hopeless(mark, "a key must be text"); }

    void key(const YAML::Mark& mark, const std::string& text) {
        auto& map = open_.back();
        if (map.value.contains(text)) hopeless(mark, fmt::format("\"{}\" is there twice", text));
        map.key = text;
        map.has_key = true;
        tree_.lines[map.pointer + '/' + json::escape_pointer(text)] = line_at(mark);
    }

    // Where the value that begins now stands.
    std::string pointer_here() const {
        if (open_.empty()) return {};
        const auto& parent = open_.back();
        return parent.pointer + '/' + (parent.value.is_object() ? json::escape_pointer(parent.key) : std::to_string(parent.value.size()));
    }

    void note_line(const YAML::Mark& mark, const std::string& pointer) {
        tree_.lines.try_emplace(pointer, line_at(mark));
        if (pointer.empty()) tree_.line = line_at(mark);
    }

    void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
        refuse_anchor(mark, anchor);
        if (!tag.empty() && tag != "?" && tag != "!") hopeless(mark, "tags are not taken");
        if (expects_key()) bad_key(mark);
        if (static_cast<int>(open_.size()) >= deepest_) hopeless(mark, "it is nested too deep");
        auto pointer = pointer_here();
        note_line(mark, pointer);
        open_.push_back({std::move(empty), std::move(pointer), {}, false});
    }

    void end() {
        auto value = std::move(open_.back().value);
        open_.pop_back();
        put(std::move(value));
    }

    void place(const YAML::Mark& mark, Json value) {
        note_line(mark, pointer_here());
        put(std::move(value));
    }

    void put(Json value) {
        if (open_.empty()) {
            tree_.value = std::move(value);
        } else if (auto& parent = open_.back(); parent.value.is_object()) {
            parent.value[parent.key] = std::move(value);
            parent.has_key = false;
        } else {
            parent.value.push_back(std::move(value));
        }
    }

    Mistakes& mistakes_;
    Variables variables_;
    int deepest_;
    Tree tree_;
    std::vector<Open> open_;
};

// Text that is read as a stream where it is.
class TextBuffer : public std::streambuf {
public:
    explicit TextBuffer(std::string_view text) {
        auto* begin = const_cast<char*>(text.data());  // which a stream that is only read does not change
        setg(begin, begin, begin + text.size());
    }
};

}  // namespace

Result<std::vector<Tree>> read_trees(std::string_view text, const std::string& name, Variables variables, TreeLimits limits) {
    Mistakes mistakes(name);
    TreeBuilder builder(mistakes, variables, limits.depth);
    if (text.size() > limits.bytes) {
        mistakes.add(1, fmt::format("the file has more than {} bytes", limits.bytes));
        return mistakes.error();
    }
    try {
        TextBuffer buffer(text);
        std::istream in(&buffer);
        YAML::Parser parser(in);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Hopeless&) {
    } catch (const YAML::Exception& error) {
        mistakes.add(line_at(error.mark), "is not valid YAML: " + error.msg);
    }
    if (!mistakes.empty()) return mistakes.error();
    return std::move(builder.trees);
}

}  // namespace sonde::config
