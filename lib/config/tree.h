// YAML documents as JSON has them, each value with its line.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::config {

struct Tree {
    Json value;
    int line = 1;
    std::unordered_map<std::string, int> lines;  // of every value, by JSON pointer; of a map's value that of its key
};

// Whether `${NAME}` in scalars is replaced from the environment, as in the services' own configuration, or stands for itself.
enum class Variables : unsigned char { replace, keep };

struct TreeLimits {
    std::size_t bytes = 32U << 20U;
    int depth = 32;
};

// All documents of a file; `name` stands for it. Plain scalars are numbers, booleans or nothing where they read as such, after variables were replaced;
// quoted ones are text. Every mistake is told as `name:line: what`, one a line: what is not YAML, keys that are there twice or are no text, variables
// that are not set, aliases and tags, which are not taken, and what is over the limits. Values of variables are never repeated in it.
Result<std::vector<Tree>> read_trees(std::string_view text, const std::string& name, Variables variables, TreeLimits limits = {});

}  // namespace sonde::config
