// Drills and their runs in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <string>
#include <vector>

#include "controlplane/drill/progress.h"
#include "lib/base/drill_id.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::drill {

// What happens next to an enabled drill that has no run under way.
struct Waiting {
    DrillId id;
    std::string schedule;
    std::string time_zone;
    TimePoint since;  // of its last run, or edit
};
std::vector<Waiting> waiting(db::Tx& tx);

// Asks for one; false if one is asked for or under way.
bool ask(db::Tx& tx, DrillId drill);

struct Open {
    DrillRunId id;
    DrillId drill;
    std::string name;
    MonitorId monitor;
    ChannelId channel;
    milliseconds within{0};
    bool begun = false;
    TimePoint began_at;
    TimePoint fails_until;
};
// Locked.
std::vector<Open> open(db::Tx& tx);

// From now on the monitor's checks fail; false if nobody checks it.
bool begin(db::Tx& tx, const Open& run);

struct Seen {
    Progress progress;
    std::optional<IncidentId> incident;
    TimePoint now;
};
Seen look(db::Tx& tx, const Open& run);

// Keeps how far it came; if that is its end, and it failed, tells of it.
void keep(db::Tx& tx, const Open& run, const Seen& seen, const Outcome& outcome);

// The event `drill.failed`.
Json failed_event(EventId id, TimePoint at, const Open& run, Reason reason, const Seen& seen);

}  // namespace sonde::drill
