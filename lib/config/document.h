// A YAML file as the settings it makes: dotted paths, lines, texts with variables replaced. Internal to lib/config.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/config.h"

namespace sonde::config {

// All that is wrong with one file, in the order of its lines.
class Mistakes {
public:
    explicit Mistakes(std::string name) : name_(std::move(name)) {}
    void add(int line, std::string what) { found_.emplace(line, std::move(what)); }
    [[nodiscard]] bool empty() const { return found_.empty(); }
    [[nodiscard]] Error error() const;

private:
    std::string name_;
    std::multimap<int, std::string> found_;
};

// One key's value in the file.
struct Setting {
    const Key* key = nullptr;
    int line = 1;
    bool is_list = false;
    std::vector<std::string> values;  // variables replaced
    std::string source;               // as it stands in the file, for messages; empty for lists
};

struct Document {
    std::vector<Setting> settings;
    std::map<std::string, int> lines;  // of every key and group that is there, by dotted path
};

// What can be read of `text`; everything that cannot goes to `mistakes`. Nothing if it is not a map in YAML at all.
std::optional<Document> read_document(std::string_view text, const Keys& keys, Mistakes& mistakes);

}  // namespace sonde::config
