#include "cli/files/save.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "cli/failure.h"

namespace sonde::cli::files {

void save(const std::string& directory, const std::map<std::string, std::string>& texts, bool force) {
    namespace fs = std::filesystem;
    std::error_code error;
    for (const auto& [name, text] : texts) {
        if (!force && fs::exists(fs::path(directory) / name, error)) throw Failure{(fs::path(directory) / name).string() + " is there already; --force overwrites it"};
    }
    for (const auto& [name, text] : texts) {
        const auto path = fs::path(directory) / name;
        fs::create_directories(path.parent_path(), error);
        if (error) throw Failure{"cannot make the directory " + path.parent_path().string() + ": " + error.message()};
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out << text;
        out.close();
        if (!out) throw Failure{"cannot write " + path.string()};
    }
}

}  // namespace sonde::cli::files
