// Reads the files that `sonde apply` is given.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cli/files/resource.h"
#include "lib/base/result.h"

namespace sonde::cli::files {

struct Source {
    std::string name;  // as it is told: the path as it was given
    std::string text;
};

// The files that `paths` name: of a directory all whose names end in `.yaml` or `.yml`, in the order of their paths' bytes, and those of the directories in it; what begins
// with a dot is passed over. `-` is the standard input. Throws Failure (exit code 1) if something cannot be read or a directory has no such file.
std::vector<Source> find_files(const std::vector<std::string>& paths);

struct Read {
    std::vector<Resource> resources;

    // The body of POST /v1/apply.
    [[nodiscard]] Json request(const std::string& owner, bool plan, bool prune) const;
    // `shop.yaml:12: monitor shop/home, spec/url` for a pointer into the request; of what stands in no file the whole's.
    [[nodiscard]] std::string place(const std::string& pointer) const;

    struct Place {
        std::size_t file = 0;
        int line = 1;
    };
    std::vector<std::string> names;                   // of files
    std::unordered_map<std::string, Place> places;    // by pointer into the request
    std::unordered_map<std::string, std::string> unset;  // by pointer: the variable that would have had the secret
};

// All files together. An error is every mistake as `file:line: what`, one a line. Variables are replaced from the environment.
Result<Read> read(const std::vector<Source>& sources);

}  // namespace sonde::cli::files
