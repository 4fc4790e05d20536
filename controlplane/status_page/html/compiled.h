// Our templates, ready to be filled.
#pragma once

#include <string>
#include <string_view>

#include "lib/template/template.h"

namespace sonde::status_page::html {

// By its name among the sources. Compiled in and filled with what a snapshot bounds, so it has no bounds of its own. Throws std::logic_error for one that cannot be read, which tests see.
mustache::Template compiled(std::string_view name);

// How values are escaped: lines are kept, the style sheet shows them.
std::string escaped_lines(const std::string& text);

}  // namespace sonde::status_page::html
