// How a page looks: the style sheet of all, and what is its own.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::html {

// Of this look: its accent, with colours for text on it and links in it that can be read in light and in dark, and the owner's CSS, which comes last and so decides. CSS
// that `clean_css` refuses is left out.
std::string style_of(const Look& look);

// `'sha256-…'`: what a Content-Security-Policy names a style or script in the page by.
std::string style_digest(std::string_view text);

// Whether a link may lead there: `http` and `https` alone, for an address may be code.
bool is_link(std::string_view url);

// Whether it is a picture in a data URL.
bool is_picture(std::string_view url);

}  // namespace sonde::status_page::html
