#include "controlplane/api/notify/schedule_override_store.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/notify/schedule_store.h"

namespace sonde::controlplane::schedule_override_store {
namespace {

// In the order of `read_override`.
constexpr std::string_view kSelect = R"(
    select o.id, o.schedule_id, o.person_id, o.starts_at, o.ends_at, o.version, o.created_at, o.updated_at from schedule_override o )";
constexpr db::Statement kInsert{"schedule_override_insert", R"(
    insert into schedule_override (id, schedule_id, person_id, starts_at, ends_at) values ($1, $2, $3, $4, $5))"};
constexpr db::Statement kUpdate{"schedule_override_update", R"(
    update schedule_override set person_id = $2, starts_at = $3, ends_at = $4, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"schedule_override_remove", "delete from schedule_override where id = $1"};
constexpr db::Statement kCount{"schedule_override_count", "select count(*) from schedule_override where schedule_id = $1 and ends_at > now()"};

ScheduleOverride read_override(const db::Row& row) {
    return {row.id<ScheduleOverrideId>(0), row.id<ScheduleId>(1), {row.id<UserId>(2), row.time(3), row.time(4)}, row.small(5), row.time(6), row.time(7)};
}

std::vector<ScheduleOverride> read_overrides(const db::Rows& rows) {
    std::vector<ScheduleOverride> all;
    for (const auto row : rows) all.push_back(read_override(row));
    return all;
}

void check_user(db::Tx& tx, const ScheduleOverrideDraft& draft) {
    if (schedule_store::users(tx, {draft.user.value()}).empty()) refuse_if_any({{"/user_id", "there is no such user"}});
}

}  // namespace

ScheduleOverride require(db::Tx& tx, ScheduleId schedule, ScheduleOverrideId id, std::string_view suffix) {
    const auto rows = tx.run_text(fmt::format("{}where o.schedule_id = $1 and o.id = $2{}", kSelect, suffix), {schedule, id});
    if (rows.empty()) not_found("there is no such override of the schedule");
    return read_override(rows[0]);
}

std::vector<ScheduleOverride> list(db::Tx& tx, Conditions& conditions, int limit) {
    const auto most = conditions.bind(limit);
    return read_overrides(tx.run_text(fmt::format("{}{} order by o.id limit {}", kSelect, conditions.where(), most), conditions.params()));
}

std::optional<ScheduleOverride> lock(db::Tx& tx, ScheduleOverrideId id) {
    const auto rows = tx.run_text(fmt::format("{}where o.id = $1 for no key update of o", kSelect), {id});
    if (rows.empty()) return std::nullopt;
    return read_override(rows[0]);
}

std::vector<ScheduleOverride> find_all(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    return read_overrides(tx.run_text(fmt::format("{}where o.id = any($1::bigint[]) order by o.id", kSelect), {ids}));
}

void insert(db::Tx& tx, ScheduleOverrideId id, ScheduleId schedule, const ScheduleOverrideDraft& draft) {
    schedule_store::require(tx, schedule, " for no key update of s");
    check_user(tx, draft);
    if (tx.run(kCount, {schedule})[0].whole(0) >= kMostOverrides) {
        throw http::ProblemError{http::problem::conflict, fmt::format("there are {} overrides of the schedule that are not over, the most there may be", kMostOverrides), {}};
    }
    tx.run(kInsert, {id, schedule, draft.user, draft.from, draft.to});
}

void update(db::Tx& tx, ScheduleOverrideId id, const ScheduleOverrideDraft& draft) {
    check_user(tx, draft);
    tx.run(kUpdate, {id, draft.user, draft.from, draft.to});
}

void remove(db::Tx& tx, ScheduleOverrideId id) { tx.run(kRemove, {id}); }

}  // namespace sonde::controlplane::schedule_override_store
