#include "controlplane/api/notify/schedule_store.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/endpoint/stored.h"
#include "lib/oncall/draft.h"

namespace sonde::controlplane::schedule_store {
namespace {

constexpr db::Statement kSubstitutes{"schedule_substitutes", R"(
    select id, person_id, starts_at, ends_at from schedule_override where schedule_id = $1 and starts_at < $3 and ends_at > $2 order by id)"};
constexpr db::Statement kUsers{"schedule_users", "select id from person where id = any($1::bigint[]) for key share"};
constexpr db::Statement kSchedules{"schedule_there", "select id from schedule where id = any($1::bigint[]) for key share"};

std::set<std::int64_t> there(db::Tx& tx, const db::Statement& statement, const std::vector<std::int64_t>& ids) {
    std::set<std::int64_t> found;
    if (ids.empty()) return found;
    for (const auto row : tx.run(statement, {ids})) found.insert(row.whole(0));
    return found;
}

}  // namespace

Schedule read(const db::Row& row) {
    return {row.id<ScheduleId>(0), {std::string(row.text(1)), std::string(row.text(2)), oncall::stored_layers(stored_json(row.text(3)))}, row.small(4), row.time(5), row.time(6)};
}

Schedule require(db::Tx& tx, ScheduleId id, std::string_view suffix) {
    const auto rows = tx.run_text(fmt::format("select {} {}where s.id = $1{}", kColumns, kFrom, suffix), {id});
    if (rows.empty()) not_found("there is no such schedule");
    return read(rows[0]);
}

oncall::Plan plan_of(const ScheduleDraft& draft) {
    const auto zone = calendar::Zone::find(draft.time_zone);
    if (!zone) throw db::DbError(db::Failure::broken, "the time zone of a schedule " + zone.error().message);
    return {*zone, draft.layers};
}

std::vector<oncall::Substitute> substitutes(db::Tx& tx, ScheduleId id, TimePoint from, TimePoint to) {
    std::vector<oncall::Substitute> all;
    for (const auto row : tx.run(kSubstitutes, {id, from, to})) all.push_back({row.id<ScheduleOverrideId>(0), row.id<UserId>(1), row.time(2), row.time(3)});
    return all;
}

std::set<std::int64_t> users(db::Tx& tx, const std::vector<std::int64_t>& users) { return there(tx, kUsers, users); }

std::set<std::int64_t> schedules(db::Tx& tx, const std::vector<std::int64_t>& schedules) { return there(tx, kSchedules, schedules); }

}  // namespace sonde::controlplane::schedule_store
