// Overrides of schedules in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/notify/schedule_draft.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct ScheduleOverride {
    ScheduleOverrideId id;
    ScheduleId schedule;
    ScheduleOverrideDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

namespace schedule_override_store {

constexpr std::int64_t kMostOverrides = 500;  // of a schedule, that are not over

// Throws ProblemError (404) if the schedule has none such. `suffix` ends the statement: ` for no key update of o`.
ScheduleOverride require(db::Tx& tx, ScheduleId schedule, ScheduleOverrideId id, std::string_view suffix = "");
// In the order in which they were made. `conditions` are of the table `o`; it takes the limit in.
std::vector<ScheduleOverride> list(db::Tx& tx, Conditions& conditions, int limit);
// As it is until the transaction ends; nothing if there is none such.
std::optional<ScheduleOverride> lock(db::Tx& tx, ScheduleOverrideId id);
// Those of `ids` that there are, whatever their schedule.
std::vector<ScheduleOverride> find_all(db::Tx& tx, const std::vector<std::int64_t>& ids);

// Throws ProblemError if there is no such schedule or user, and if the schedule has as many as it may have.
void insert(db::Tx& tx, ScheduleOverrideId id, ScheduleId schedule, const ScheduleOverrideDraft& draft);
// Throws ProblemError if there is no such user.
void update(db::Tx& tx, ScheduleOverrideId id, const ScheduleOverrideDraft& draft);
void remove(db::Tx& tx, ScheduleOverrideId id);

}  // namespace schedule_override_store
}  // namespace sonde::controlplane
