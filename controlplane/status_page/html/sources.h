// The files that pages are made of, compiled in (schema/embed.py): templates with their parts in place, the style sheet, the script, and the languages as JSON.
#pragma once

#include <string_view>

namespace sonde::status_page::html {

// By its name: `page.html`, `style.css`, `live.js`, `en.json`. Empty for a name that is none.
std::string_view source(std::string_view name);

}  // namespace sonde::status_page::html
