#include "probe-agent/blackbox/yaml_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/base/duration.h"

namespace sonde::agent::blackbox {
namespace {

constexpr std::size_t kMostTold = 20;

int line_of(const YAML::Node& node, int otherwise) { return node.Mark().line >= 0 ? node.Mark().line + 1 : otherwise; }

}  // namespace

Error Mistakes::error() const {
    std::string text;
    std::size_t told = 0;
    for (const auto& [line, what] : found_) {
        if (told++ == kMostTold) {
            text += fmt::format("\n{}: and {} more mistakes", file_, found_.size() - kMostTold);
            break;
        }
        text += fmt::format("{}{}:{}: {}", text.empty() ? "" : "\n", file_, line, what);
    }
    return {std::move(text)};
}

bool is_text(const YAML::Node& node) { return node.IsScalar(); }

YamlMap::YamlMap(const YAML::Node& node, Place place, Mistakes& mistakes) : place_(std::move(place)), mistakes_(mistakes) {
    if (node.IsNull()) return;
    if (!node.IsMap()) {
        mistakes_.add(line_of(node, place_.line), fmt::format("\"{}\" must be a map", place_.path));
        return;
    }
    for (const auto& pair : node) {
        const auto line = line_of(pair.first, place_.line);
        if (!pair.first.IsScalar()) {
            mistakes_.add(line, "a key must be a name");
            continue;
        }
        const bool is_new = entries_.emplace(pair.first.Scalar(), Entry{pair.second, line, false}).second;
        if (!is_new) mistakes_.add(line, fmt::format("\"{}\" is there twice", this->place(pair.first.Scalar()).path));
    }
}

bool YamlMap::has(std::string_view key) const { return entries_.find(key) != entries_.end(); }

Place YamlMap::place(std::string_view key) const {
    const auto found = entries_.find(key);
    return {place_.path.empty() ? std::string(key) : fmt::format("{}.{}", place_.path, key), found == entries_.end() ? place_.line : found->second.line};
}

void YamlMap::refuse(std::string_view key, std::string_view why) {
    const auto where = place(key);
    mistakes_.add(where.line, fmt::format("\"{}\" {}", where.path, why));
}

const YAML::Node* YamlMap::take(std::string_view key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    found->second.asked = true;
    return &found->second.value;
}

bool YamlMap::text(std::string_view key, std::string& target) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    if (!is_text(*node)) {
        refuse(key, "must be a text");
        return false;
    }
    target = node->Scalar();
    return true;
}

bool YamlMap::flag(std::string_view key, bool& target) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    if (!is_text(*node) || !YAML::convert<bool>::decode(*node, target)) {
        refuse(key, "must be true or false");
        return false;
    }
    return true;
}

bool YamlMap::whole(std::string_view key, std::int64_t& target, std::int64_t min, std::int64_t max) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    std::int64_t value = 0;
    const std::string text = is_text(*node) ? node->Scalar() : std::string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
        refuse(key, fmt::format("must be a whole number from {} to {}", min, max));
        return false;
    }
    target = value;
    return true;
}

bool YamlMap::duration(std::string_view key, milliseconds& target, milliseconds min, milliseconds max) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    const auto value = is_text(*node) ? parse_duration(node->Scalar()) : std::nullopt;
    if (!value || *value < min || *value > max) {
        refuse(key, fmt::format("must be a duration from {} to {}", format_duration(min), format_duration(max)));
        return false;
    }
    target = *value;
    return true;
}

bool YamlMap::each(std::string_view key, std::size_t most, const Item& item) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    if (node->IsNull()) return true;
    if (!node->IsSequence()) {
        refuse(key, "must be a list");
        return false;
    }
    if (node->size() > most) {
        refuse(key, fmt::format("must have at most {} items", most));
        return false;
    }
    const auto whole = place(key);
    std::size_t i = 0;
    for (const auto& value : *node) item(value, {fmt::format("{}[{}]", whole.path, i++), line_of(value, whole.line)});
    return true;
}

bool YamlMap::texts(std::string_view key, std::size_t most, const std::function<void(std::string text, const Place& place)>& item) {
    return each(key, most, [&](const YAML::Node& value, const Place& where) {
        if (is_text(value)) return item(value.Scalar(), where);
        mistakes_.add(where.line, fmt::format("\"{}\" must be a text", where.path));
    });
}

bool YamlMap::entries(std::string_view key, std::size_t most,
                      const std::function<void(const std::string& name, const YAML::Node& value, const Place& place)>& entry) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    const auto before = mistakes_.count();
    const YamlMap inner(*node, place(key), mistakes_);
    if (mistakes_.count() != before) return false;
    if (inner.entries_.size() > most) {
        refuse(key, fmt::format("must have at most {} entries", most));
        return false;
    }
    for (const auto& [name, found] : inner.entries_) entry(name, found.value, inner.place(name));
    return true;
}

bool YamlMap::group(std::string_view key, const std::function<void(YamlMap& inner)>& read) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    YamlMap inner(*node, place(key), mistakes_);
    read(inner);
    inner.finish();
    return true;
}

void YamlMap::unsupported(std::string_view key, std::string_view why) {
    if (take(key) != nullptr) refuse(key, fmt::format("is not possible here: {}", why));
}

void YamlMap::only_off(std::string_view key, std::string_view why) {
    bool on = false;
    if (flag(key, on) && on) refuse(key, fmt::format("is not possible here: {}", why));
}

void YamlMap::finish() {
    for (const auto& [name, entry] : entries_) {
        if (!entry.asked) refuse(name, "is not a known key");
    }
}

}  // namespace sonde::agent::blackbox
