// What requests about the past have in common: the time that is asked for, and how states count.
#pragma once

#include <algorithm>

#include "controlplane/api/endpoint/query.h"
#include "controlplane/history/accounting.h"
#include "lib/calendar/zone.h"

namespace sonde::controlplane {

struct HistoryWindow {
    TimePoint from;
    TimePoint to;
    calendar::Zone zone = calendar::Zone::utc();

    // There is no past after now.
    [[nodiscard]] TimePoint until(TimePoint now) const { return std::max(from, std::min(to, now)); }
};

// `from` and `to`, or `period` in `time_zone`; by default the `last` until `now`. At most ten years.
HistoryWindow read_window(Query& query, TimePoint now, std::chrono::hours last);

// `degraded`, `unknown`, `pending`, `maintenance` and `paused`: up, down or excluded.
history::Accounting read_accounting(Query& query, const history::Accounting& fallback);

}  // namespace sonde::controlplane
