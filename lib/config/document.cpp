#include "lib/config/document.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "lib/config/variables.h"

namespace sonde::config {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

// How many letters must be changed, added or left out to make one text of the other.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const auto substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row.back();
}

int line_of(const YAML::Node& node) { return std::max(node.Mark().line + 1, 1); }

class Reading {
public:
    Reading(const Keys& keys, Mistakes& mistakes) : keys_(keys), mistakes_(mistakes) {}

    void group(const YAML::Node& map, const std::string& prefix) {
        for (const auto& pair : map) {
            const auto line = line_of(pair.first);
            if (!pair.first.IsScalar()) {
                mistakes_.add(line, "a key must be a name");
                continue;
            }
            entry(prefix + pair.first.Scalar(), pair.second, line);
        }
    }

    Document result;

private:
    void entry(const std::string& path, const YAML::Node& node, int line) {
        const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.path == path; });
        const bool is_group =
            std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) { return key.path.starts_with(path + '.'); });
        if (found == keys_.end() && !is_group) {
            mistakes_.add(line, fmt::format("unknown key \"{}\"{}", path, suggestion(path)));
            return;
        }
        if (const auto [first, fresh] = result.lines.emplace(path, line); !fresh) {
            mistakes_.add(line, fmt::format("duplicate key \"{}\", first on line {}", path, first->second));
            return;
        }
        if (found != keys_.end()) {
            setting(*found, node, line);
        } else if (node.IsMap()) {
            group(node, path + '.');
        } else if (!node.IsNull()) {
            mistakes_.add(line, fmt::format("\"{}\" must be a group of keys", path));
        }
    }

    void setting(const Key& key, const YAML::Node& node, int line) {
        Setting setting{&key, line, node.IsSequence(), {}, {}};
        bool good = true;
        if (node.IsScalar()) {
            setting.source = node.Scalar();
            good = value(setting, node);
        } else if (node.IsSequence()) {
            for (const auto& item : node) good = value(setting, item) && good;
        } else {
            mistakes_.add(line, node.IsNull() ? fmt::format("\"{}\" has no value", key.path)
                                              : fmt::format("\"{}\" is a {}, not a group of keys", key.path, key.type));
            good = false;
        }
        if (good) result.settings.push_back(std::move(setting));
    }

    bool value(Setting& setting, const YAML::Node& node) {
        const auto line = node.IsScalar() ? line_of(node) : setting.line;
        if (!node.IsScalar()) {
            mistakes_.add(line, fmt::format("\"{}\" must be a {}; an item of it is not a plain value", setting.key->path,
                                            setting.key->type));
            return false;
        }
        auto replaced = replace_variables(node.Scalar());
        if (!replaced.wrong.empty()) {
            mistakes_.add(line, fmt::format("\"{}\": {}", setting.key->path, replaced.wrong));
            return false;
        }
        setting.values.push_back(std::move(replaced.text));
        return true;
    }

    [[nodiscard]] std::string suggestion(const std::string& path) const {
        const Key* nearest = nullptr;
        std::size_t least = 3;  // more changes than two make another word
        for (const auto& key : keys_) {
            if (const auto changes = distance(path, key.path); changes < least) {
                least = changes;
                nearest = &key;
            }
        }
        return nearest == nullptr ? std::string() : fmt::format("; did you mean \"{}\"?", nearest->path);
    }

    const Keys& keys_;
    Mistakes& mistakes_;
};

// The only document of `text`, if it is one and a map; an empty one is an empty map.
std::optional<YAML::Node> parse(std::string_view text, Mistakes& mistakes) {
    if (text.size() > kMaxBytes) {
        mistakes.add(1, fmt::format("a configuration file has at most {} bytes", kMaxBytes));
        return std::nullopt;
    }
    try {
        const auto documents = YAML::LoadAll(std::string(text));
        if (documents.empty() || (documents.size() == 1 && documents.front().IsNull())) return YAML::Node(YAML::NodeType::Map);
        if (documents.size() > 1) {
            mistakes.add(line_of(documents[1]), "a second YAML document; a configuration file holds one");
        } else if (!documents.front().IsMap()) {
            mistakes.add(line_of(documents.front()), "a configuration file must be a map of keys");
        } else {
            return documents.front();
        }
    } catch (const YAML::Exception& error) {
        mistakes.add(std::max(error.mark.line + 1, 1), fmt::format("is not valid YAML: {}", error.msg));
    }
    return std::nullopt;
}

}  // namespace

Error Mistakes::error() const {
    std::string text;
    for (const auto& [line, what] : found_) text += fmt::format("{}{}:{}: {}", text.empty() ? "" : "\n", name_, line, what);
    return {text};
}

std::optional<Document> read_document(std::string_view text, const Keys& keys, Mistakes& mistakes) {
    const auto root = parse(text, mistakes);
    if (!root) return std::nullopt;
    Reading reading(keys, mistakes);
    reading.group(*root, "");
    return std::move(reading.result);
}

}  // namespace sonde::config
