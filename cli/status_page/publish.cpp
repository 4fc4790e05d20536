#include "cli/status_page/publish.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "cli/failure.h"

namespace sonde::cli::static_files {
namespace {

namespace fs = std::filesystem;

// What we wrote, a path a line, so that the next call knows what may go.
constexpr const char* kList = ".sonde-export";

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> written_before(const fs::path& directory) {
    std::ifstream in(directory / kList);
    std::set<std::string> names;
    for (std::string line; std::getline(in, line);) {
        // Only what may be ours: somebody may have written into it.
        if (!line.empty() && fs::path(line).is_relative() && line.find("..") == std::string::npos) names.insert(line);
    }
    return names;
}

void replace(const fs::path& path, const std::string& text) {
    std::error_code error;
    if (fs::exists(path, error) && text_of(path) == text) return;
    fs::create_directories(path.parent_path(), error);
    if (error) throw Failure{"cannot make the directory " + path.parent_path().string() + ": " + error.message()};
    auto fresh = path;
    fresh += ".new";
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) throw Failure{"cannot write " + fresh.string()};
    fs::rename(fresh, path, error);
    if (error) throw Failure{"cannot put " + path.string() + " in its place: " + error.message()};
}

// With its directories, if nothing else is in them.
void remove(const fs::path& directory, const std::string& name) {
    std::error_code ignored;
    fs::remove(directory / name, ignored);
    for (auto parent = (directory / name).parent_path(); parent != directory && fs::is_empty(parent, ignored); parent = parent.parent_path()) fs::remove(parent, ignored);
}

}  // namespace

void publish(const std::string& directory, const std::map<std::string, std::string>& files) {
    const fs::path where(directory);
    std::error_code error;
    if (fs::exists(where, error) && !fs::is_empty(where, error) && !fs::exists(where / kList, error)) {
        throw Failure{directory + " has something in it that is no exported status page: give an empty directory"};
    }
    auto before = written_before(where);
    std::string list;
    for (const auto& [name, text] : files) list += name + "\n";
    // First of all: what a call that is cut off wrote is known to the next one.
    std::string both = list;
    for (const auto& name : before) {
        if (!files.contains(name)) both += name + "\n";
    }
    replace(where / kList, both);
    for (const auto& [name, text] : files) {
        if (name != "index.html") replace(where / name, text);
        before.erase(name);
    }
    if (const auto front = files.find("index.html"); front != files.end()) replace(where / "index.html", front->second);
    for (const auto& name : before) remove(where, name);
    replace(where / kList, list);
}

}  // namespace sonde::cli::static_files
