// What feeds tell: incidents and maintenance, each one entry that changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::format {

// The newest that a feed has; readers have what was before.
inline constexpr std::size_t kMostEntries = 100;

struct Entry {
    std::string id;   // the same for good
    std::string url;  // absolute
    std::string title;
    TimePoint published;
    TimePoint changed;
    std::string state;  // of enum Phase or Progress
    std::string html;   // all that is told of it: escaped, without styles
    std::string text;   // the same in lines
};

// By when something last happened, the newest first.
std::vector<Entry> news_of(const Snapshot& page, std::string_view base);

// When the page last told something new: the newest entry, or else the youngest state.
TimePoint last_news(const Snapshot& page, const std::vector<Entry>& entries);

}  // namespace sonde::status_page::format
