// News of a page for feed readers. Pure; `base` is the page's absolute address, which ends with `/`. The feeds' own addresses are `feed.rss`, `feed.atom` and `feed.json` under it.
//
// They change only when something happened: they tell nothing of when the snapshot was made.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::format {

std::string rss(const Snapshot& page, std::string_view base);        // RSS 2.0
std::string atom(const Snapshot& page, std::string_view base);       // RFC 4287
std::string json_feed(const Snapshot& page, std::string_view base);  // JSON Feed 1.1

}  // namespace sonde::status_page::format
