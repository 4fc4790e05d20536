// What is stored of the past, as the pure parts take it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controlplane/history/sketch.h"
#include "controlplane/history/timeline.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::controlplane::history_store {

struct Member {
    MonitorId id;
    std::string name;
    std::string kind;
    TimePoint created_at;
    std::optional<TimePoint> deleted_at;
};

inline constexpr int kMostMembers = 5'000;

// Nothing if there is no such monitor; one that was deleted is there.
std::optional<Member> find_monitor(db::Tx& tx, MonitorId id);
// The site's name; nothing if there is none, or it was deleted.
std::optional<std::string> find_site(db::Tx& tx, SiteId id);
// The site's monitors that were there at any time within [from, to), by id. More than kMostMembers are refused: ProblemError, 413.
std::vector<Member> members_of(db::Tx& tx, SiteId site, TimePoint from, TimePoint to);

// From `from` on, the state at that moment included. Until its first state a monitor is pending. In the order of `members`.
std::vector<history::Timeline> timelines(db::Tx& tx, const std::vector<Member>& members, TimePoint from, TimePoint to);

// What checks of some time came to.
struct Checks {
    std::int64_t up = 0, degraded = 0, down = 0, unknown = 0, confirmations = 0;
    std::int64_t min_us = 0, max_us = 0, sum_us = 0;  // of those that the sketch counts
    history::Sketch latencies;

    void add(const Checks& other);
};

// A row of a roll-up: `first` is the column of the first count; the others follow as in the table.
Checks read_checks(const db::Row& row, int first);
// {"checks": {…}, "latency_ms": {…}}
Json write_checks(const Checks& checks);

// By monitor and region, from whole hours that begin within [from, to) and are rolled up.
using ByMonitorAndRegion = std::map<std::pair<MonitorId, std::string>, Checks>;
ByMonitorAndRegion checks_of(db::Tx& tx, const std::vector<Member>& members, TimePoint from, TimePoint to);

// Up to when everything is rolled up; nothing if nothing is.
std::optional<TimePoint> rolled_up_to(db::Tx& tx);

}  // namespace sonde::controlplane::history_store
