// What of a page is news to its subscribers. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controlplane/status_page/snapshot.h"
#include "lib/json/json.h"

namespace sonde::status_page::subscribe {

// `thread` and `step` name it for good: whoever makes it again, from this snapshot or a later one, makes the same.
struct Notice {
    std::string thread;  // of the incident or maintenance
    std::string step;    // opened, update/N, resolved, postmortem; scheduled, started, ended, cancelled
    TimePoint at;        // when it happened; of a postmortem, whose time no snapshot has, `made_at`
    std::vector<std::string> components;
    Json document;  // as docs/subscribers.md has it, with `place` below the page's address instead of links
};

inline constexpr std::chrono::hours kNewsFor{24};

// Of the last day. Its words are the snapshot's, which are public. Of windows that are `moved` (`mnt_…`) the occurrences to come are news now, whenever they were made.
std::vector<Notice> notices_of(const Snapshot& page, const std::set<std::string>& moved = {});

// The window that an occurrence of it, as a notice's `thread`, is of.
std::string window_of(const std::string& thread);

// Maintenance that subscribers may have been told of.
struct Announced {
    std::string thread;
    bool begun = false;  // its beginning was news, too
    Json document;       // of the last notice of it
};
// What is to be told once there is no such maintenance any more: that it is called off, or, if it has begun, that it is over.
Notice withdrawal_of(const Announced& announced, TimePoint now);

}  // namespace sonde::status_page::subscribe
