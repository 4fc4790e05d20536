#include "lib/jsonpath/document.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace sonde::jsonpath {
namespace {

// Builds the document from the parser's events. The library's own builder looks a name up among all before it, which a hostile
// object makes quadratic.
class Builder : public nlohmann::json_sax<Json> {
public:
    explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

    Json root;
    std::string refusal;

    bool null() override { return put(nullptr) != nullptr; }
    bool boolean(bool value) override { return put(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
    bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value) != nullptr; }
    bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        auto& top = levels_.back();
        auto& members = top.node->get_ref<Json::object_t&>();
        const auto [known, is_new] = top.places.emplace(name, members.size());
        if (is_new) members.emplace_back(std::move(name), nullptr);
        top.next = known->second;
        return true;
    }

    bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception& error) override {
        constexpr int kNumberOutOfRange = 406;
        refusal = error.id == kNumberOutOfRange ? "has a number out of range" : fmt::format("is not valid JSON near byte {}", position);
        return false;
    }

private:
    struct Level {
        Json* node;
        std::size_t next = 0;                                 // the member that the next value is for
        std::unordered_map<std::string, std::size_t> places;  // of members
    };

    // Where the value now stands. Nodes stay where they are while something is open below them: only the innermost array or object grows.
    Json* put(Json value) {
        if (levels_.empty()) {
            root = std::move(value);
            return &root;
        }
        auto& top = levels_.back();
        if (top.node->is_array()) {
            auto& elements = top.node->get_ref<Json::array_t&>();
            elements.push_back(std::move(value));
            return &elements.back();
        }
        auto& member = std::next(top.node->get_ref<Json::object_t&>().begin(), static_cast<std::ptrdiff_t>(top.next))->second;
        member = std::move(value);
        return &member;
    }

    bool open(Json empty) {
        if (levels_.size() >= max_depth_) {
            refusal = fmt::format("is nested deeper than {} levels", max_depth_);
            return false;
        }
        levels_.push_back({put(std::move(empty)), 0, {}});
        return true;
    }

    bool close() {
        levels_.pop_back();
        return true;
    }

    std::size_t max_depth_;
    std::vector<Level> levels_;
};

std::string scalar(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// A structured value that is being written.
struct Open {
    const Json* node;
    Json::const_iterator next;
};

// False once `out` is longer than `max_bytes`.
bool write(const Json& value, std::string& out, std::size_t max_bytes) {
    std::vector<Open> way;
    const auto begin = [&](const Json& node) {
        if (!node.is_structured()) {
            out += scalar(node);
            return;
        }
        out += node.is_array() ? '[' : '{';
        way.push_back({&node, node.begin()});
    };
    begin(value);
    while (!way.empty() && out.size() <= max_bytes) {
        auto& [node, next] = way.back();
        if (next == node->end()) {
            out += node->is_array() ? ']' : '}';
            way.pop_back();
            continue;
        }
        if (next != node->begin()) out += ',';
        if (node->is_object()) out += scalar(Json(next.key())) + ':';
        const Json& child = *next;
        ++next;
        begin(child);
    }
    return out.size() <= max_bytes;
}

}  // namespace

Result<Json> read_document(std::string_view text, DocumentLimits limits) {
    if (text.size() > limits.bytes) return Error{fmt::format("is larger than {} bytes", limits.bytes)};
    Builder builder(limits.depth);
    if (!Json::sax_parse(text, &builder)) return Error{std::move(builder.refusal)};
    return std::move(builder.root);
}

Result<std::string> write_values(const std::vector<const Json*>& values, std::size_t max_bytes) {
    std::string out = "[";
    for (const auto* value : values) {
        if (out.size() > 1) out += ',';
        if (!write(*value, out, max_bytes)) return Error{fmt::format("the values are longer than {} bytes together", max_bytes)};
    }
    return out + ']';
}

}  // namespace sonde::jsonpath
