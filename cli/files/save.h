// Files that are written for people to keep.
#pragma once

#include <map>
#include <string>

namespace sonde::cli::files {

// Below `directory`, which is made if it is not there. A file that is there already is not overwritten, unless `force`; then nothing is written at all.
// Throws Failure.
void save(const std::string& directory, const std::map<std::string, std::string>& texts, bool force);

}  // namespace sonde::cli::files
