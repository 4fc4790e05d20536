// `index.json`: all that the page shows, as one document (docs/status-pages.md). Pure.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::format {

// `base` is the page's absolute address, which ends with `/`. What the page does not show is not in it: neither uptime nor history where its settings say so.
std::string index_json(const Snapshot& page, std::string_view base);

}  // namespace sonde::status_page::format
