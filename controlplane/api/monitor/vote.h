// The votes of a monitor as its regions would cast them now: the latest result of each, and whether it is fresh.
#pragma once

#include "controlplane/api/monitor/monitor_store.h"
#include "lib/json/json.h"

namespace sonde::controlplane {

// The time between two checks of the monitor in one region. It is longer where the monitor rotates through `regions` of them.
milliseconds cadence_of(const MonitorDraft& draft, std::size_t regions);

// [{region, failure_domain, verdict, class, slot, attempt, at, fresh, message}], with `standing` where the vote does not count and `pages`
// where it is enough alone, by name of the region; `absent` where there is
// no result.
Json votes_of(db::Tx& tx, const Monitor& monitor);

}  // namespace sonde::controlplane
