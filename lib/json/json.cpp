#include "lib/json/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/utf8.h"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace sonde::json {
namespace {

// Builds the document from the parser's events. The library's own builder looks a name up among all before it, which a hostile
// object makes quadratic.
class Builder : public nlohmann::json_sax<Json> {
public:
    explicit Builder(const Limits& limits) : limits_(limits) {}

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
        if (!is_new && limits_.duplicates == Duplicates::refuse) {
            refusal = fmt::format("has the key \"{}\" twice in one object", name);
            return false;
        }
        if (is_new) {
            make_room(members);
            members.emplace_back(std::move(name), nullptr);
        }
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

    // Left to itself a list of members, whose names are constant, is copied as it grows: with all that is below them.
    static void make_room(Json::object_t& members) {
        constexpr std::size_t kUsual = 4;
        if (members.size() < members.capacity()) return;
        Json::object_t larger;
        larger.reserve(std::max(kUsual, members.size() * 2));
        for (auto& [name, value] : members) larger.emplace_back(name, std::move(value));
        members.swap(larger);
    }

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
        if (levels_.size() >= limits_.depth) {
            refusal = fmt::format("is nested deeper than {} levels", limits_.depth);
            return false;
        }
        levels_.push_back({put(std::move(empty)), 0, {}});
        return true;
    }

    bool close() {
        levels_.pop_back();
        return true;
    }

    Limits limits_;
    std::vector<Level> levels_;
};

}  // namespace

Result<Json> parse(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes) return Error{fmt::format("is larger than {} bytes", limits.bytes)};
    Builder builder(limits);
    if (!Json::sax_parse(text, &builder)) return Error{std::move(builder.refusal)};
    return std::move(builder.root);
}

std::string dump(const Json& document) {
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

void add(Json& document, Json members) {
    auto& more = members.get_ref<Json::object_t&>();
    auto& known = document.get_ref<Json::object_t&>();
    constexpr std::size_t kAfterwards = 12;  // that are often set later, one by one
    known.reserve(known.size() + more.size() + kAfterwards);
    for (auto& [name, value] : more) known[name] = std::move(value);
}

bool same_content(const Json& left, const Json& right) { return left == right || (left.is_structured() && nlohmann::json(left) == nlohmann::json(right)); }

std::string clean_utf8(std::string_view text) {
    const auto plain = std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    Utf8Cursor rest(text.substr(static_cast<std::size_t>(plain - text.begin())));
    while (rest.next()) {
    }
    auto clean = rest.broken() ? Json::parse(dump(Json(text))).get<std::string>() : std::string(text);
    std::replace(clean.begin(), clean.end(), '\0', ' ');
    return clean;
}

}  // namespace sonde::json
