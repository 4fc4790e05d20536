// Schedules in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "controlplane/api/notify/schedule_draft.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct Schedule {
    ScheduleId id;
    ScheduleDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

namespace schedule_store {

// For lists in an order of their own: what makes a schedule, in the order of `read`.
inline constexpr std::string_view kColumns = "s.id, s.name, s.time_zone, s.layers, s.version, s.created_at, s.updated_at";
inline constexpr int kColumnCount = 7;
inline constexpr std::string_view kFrom = "from schedule s ";
Schedule read(const db::Row& row);

// Throws ProblemError (404) if there is none such. `suffix` ends the statement: ` for update of s`.
Schedule require(db::Tx& tx, ScheduleId id, std::string_view suffix = "");

// The turns of the draft, by the clocks of its zone.
oncall::Plan plan_of(const ScheduleDraft& draft);
// Those that concern the time from `from` to `to`, in the order in which they were made.
std::vector<oncall::Substitute> substitutes(db::Tx& tx, ScheduleId id, TimePoint from, TimePoint to);

// Those of `users` that there are; none of them is deleted before the transaction ends.
std::set<std::int64_t> users(db::Tx& tx, const std::vector<std::int64_t>& users);
// Likewise.
std::set<std::int64_t> schedules(db::Tx& tx, const std::vector<std::int64_t>& schedules);

}  // namespace schedule_store
}  // namespace sonde::controlplane
