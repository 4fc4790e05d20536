// What of a page is news to its subscribers. Pure.
#pragma once

#include <string>
#include <vector>

#include "controlplane/status_page/snapshot.h"
#include "lib/json/json.h"

namespace sonde::status_page::subscribe {

// `thread` and `step` name it for good: whoever makes it again, from this snapshot or a later one, makes the same.
struct Notice {
    std::string thread;  // of the incident or maintenance
    std::string step;    // opened, update/N, resolved, postmortem; scheduled, started, ended
    TimePoint at;        // when it happened; of a postmortem, whose time no snapshot has, `made_at`
    std::vector<std::string> components;
    Json document;  // as docs/subscribers.md has it, with `place` below the page's address instead of links
};

inline constexpr std::chrono::hours kNewsFor{24};

// Of the last day. Its words are the snapshot's, which are public.
std::vector<Notice> notices_of(const Snapshot& page);

}  // namespace sonde::status_page::subscribe
