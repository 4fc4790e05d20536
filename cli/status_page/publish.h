// Files of a web site, put in the place of those from before, while they are read.
#pragma once

#include <map>
#include <string>

namespace sonde::cli::static_files {

// Below `directory`, which is made if it is not there. Each file is replaced as a whole, `index.html` last; those that are as they were are not touched, and those that an earlier call
// wrote and that are no more go. Nothing else in the directory is touched; but one that has something in it and is not ours is refused. Throws Failure.
void publish(const std::string& directory, const std::map<std::string, std::string>& files);

}  // namespace sonde::cli::static_files
