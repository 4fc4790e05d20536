// News of a page for feed readers. Pure; `base` is the page's absolute address, which ends with `/`. The feeds' own addresses are `feed.rss`, `feed.atom` and `feed.json` under it,
// and those of one component the same under `components/{component}/`: they have what is about it alone. A component must be one of the page's, or empty: all of them.
//
// They change only when something happened: they tell nothing of when the snapshot was made.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::format {

std::string rss(const Snapshot& page, std::string_view base, std::string_view component = {});        // RSS 2.0
std::string atom(const Snapshot& page, std::string_view base, std::string_view component = {});       // RFC 4287
std::string json_feed(const Snapshot& page, std::string_view base, std::string_view component = {});  // JSON Feed 1.1

}  // namespace sonde::status_page::format
