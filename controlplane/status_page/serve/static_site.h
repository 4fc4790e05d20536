// A page as files, for any web server: the same documents as are served, with links that lead from file to file. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controlplane/status_page/picture/font.h"
#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::serve {

// Documents by their paths. `address` is where the files will be, absolute, ending with `/`; pages link to each other by relative links, so that they are right anywhere. What people read is
// an `index.html` in a directory of its name. `now` tells the age of a snapshot that is old. Without a font there is no picture.
std::map<std::string, std::string> static_site(const Snapshot& page, std::string_view address, TimePoint now, const picture::Font* font = nullptr);

}  // namespace sonde::status_page::serve
