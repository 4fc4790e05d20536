// Strict reading of YAML maps: every mistake is told with its line, and no key is passed over in silence. Internal to blackbox.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/instant.h"
#include "lib/base/result.h"

namespace sonde::agent::blackbox {

// All that is wrong with one file, in the order of its lines.
class Mistakes {
public:
    explicit Mistakes(std::string file) : file_(std::move(file)) {}
    void add(int line, std::string what) { found_.emplace(line, std::move(what)); }
    [[nodiscard]] std::size_t count() const { return found_.size(); }
    // `file:line: what`, one a line; the first twenty.
    [[nodiscard]] Error error() const;

private:
    std::string file_;
    std::multimap<int, std::string> found_;
};

// Where something stands in the file.
struct Place {
    std::string path;  // dotted: `modules.http_2xx.http.method`
    int line = 1;
};

// One map. Each call that finds its key absent or wrong leaves the target alone, and in the wrong case adds a mistake. `finish` must be the
// last call: it tells of keys nobody asked for. The mistakes must outlive it.
class YamlMap {
public:
    // Nothing at all (`http:` with no value) is the empty map.
    YamlMap(const YAML::Node& node, Place place, Mistakes& mistakes);

    [[nodiscard]] bool has(std::string_view key) const;
    bool text(std::string_view key, std::string& target);
    bool flag(std::string_view key, bool& target);
    bool whole(std::string_view key, std::int64_t& target, std::int64_t min, std::int64_t max);
    bool duration(std::string_view key, milliseconds& target, milliseconds min, milliseconds max);
    // Each item with its place.
    using Item = std::function<void(const YAML::Node& item, const Place& place)>;
    bool each(std::string_view key, std::size_t most, const Item& item);
    bool texts(std::string_view key, std::size_t most, const std::function<void(std::string text, const Place& place)>& item);
    // Keys of the file's author's own, such as names of modules.
    bool entries(std::string_view key, std::size_t most, const std::function<void(const std::string& name, const YAML::Node& value, const Place& place)>& entry);
    // A map within, read by `read` and finished; whether it is there.
    bool group(std::string_view key, const std::function<void(YamlMap& inner)>& read);

    // A key that is known, and cannot be honoured: told if it is there.
    void unsupported(std::string_view key, std::string_view why);
    // A key that can be honoured only while it is off.
    void only_off(std::string_view key, std::string_view why);

    void refuse(std::string_view key, std::string_view why);
    [[nodiscard]] Place place(std::string_view key) const;
    [[nodiscard]] const Place& place() const { return place_; }
    [[nodiscard]] Mistakes& mistakes() { return mistakes_; }
    void finish();

private:
    struct Entry {
        YAML::Node value;
        int line = 1;
        bool asked = false;
    };
    const YAML::Node* take(std::string_view key);

    Place place_;
    Mistakes& mistakes_;
    std::map<std::string, Entry, std::less<>> entries_;
};

// The text of a scalar; nothing else has one.
bool is_text(const YAML::Node& node);

}  // namespace sonde::agent::blackbox
