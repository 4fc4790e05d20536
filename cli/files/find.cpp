#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/files/read.h"
#include "cli/input.h"

namespace sonde::cli::files {
namespace {

namespace fs = std::filesystem;

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::vector<std::string> yaml_files_in(const std::string& directory) {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::recursive_directory_iterator at(directory, fs::directory_options::follow_directory_symlink, error), end; !error && at != end; at.increment(error)) {
        if (is_hidden(at->path())) {
            if (at->is_directory(error)) at.disable_recursion_pending();
        } else if (at.depth() > 32) {
            throw Failure{"the directory " + directory + " is nested too deep, or in a circle"};
        } else if (at->is_regular_file(error) && is_yaml(at->path())) {
            found.push_back(at->path().string());
        }
    }
    if (error) throw Failure{"cannot read the directory " + directory + ": " + error.message()};
    if (found.empty()) throw Failure{"no file in " + directory + " ends in .yaml or .yml"};
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

std::vector<Source> find_files(const std::vector<std::string>& paths) {
    std::vector<Source> sources;
    for (const auto& path : paths) {
        std::error_code ignored;
        const auto files = path != "-" && fs::is_directory(path, ignored) ? yaml_files_in(path) : std::vector<std::string>{path};
        for (const auto& file : files) sources.push_back({file == "-" ? "standard input" : file, read_input(file, kFailed)});
    }
    return sources;
}

}  // namespace sonde::cli::files
