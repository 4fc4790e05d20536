#include "controlplane/api/schedule_override.h"

#include <fmt/format.h>

#include "controlplane/api/body.h"
#include "controlplane/api/conditions.h"
#include "controlplane/api/precondition.h"
#include "controlplane/api/query.h"
#include "controlplane/api/schedule_store.h"

namespace sonde::controlplane::schedule_override_api {
namespace {

constexpr std::int64_t kMostOverrides = 500;  // of a schedule, that are not over

// In the order of `read_row`.
constexpr std::string_view kSelect = R"(
    select o.id, o.schedule_id, o.person_id, o.starts_at, o.ends_at, o.version, o.created_at, o.updated_at from schedule_override o )";
constexpr db::Statement kInsert{"schedule_override_insert", R"(
    insert into schedule_override (id, schedule_id, person_id, starts_at, ends_at) values ($1, $2, $3, $4, $5))"};
constexpr db::Statement kUpdate{"schedule_override_update", R"(
    update schedule_override set person_id = $2, starts_at = $3, ends_at = $4, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"schedule_override_remove", "delete from schedule_override where id = $1"};
constexpr db::Statement kCount{"schedule_override_count", "select count(*) from schedule_override where schedule_id = $1 and ends_at > now()"};

struct Override {
    ScheduleOverrideId id;
    ScheduleId schedule;
    ScheduleOverrideDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

Override read_row(const db::Row& row) {
    return {row.id<ScheduleOverrideId>(0), row.id<ScheduleId>(1), {row.id<UserId>(2), row.time(3), row.time(4)}, row.small(5), row.time(6), row.time(7)};
}

Json present(const Override& one) {
    Json document;
    document["id"] = one.id.text();
    document["schedule_id"] = one.schedule.text();
    document.update(write_schedule_override(one.draft));
    document["version"] = one.version;
    document["created_at"] = to_rfc3339(one.created_at);
    document["updated_at"] = to_rfc3339(one.updated_at);
    return document;
}

Override require(db::Tx& tx, ScheduleId schedule, ScheduleOverrideId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("{}where o.schedule_id = $1 and o.id = $2{}", kSelect, suffix), {schedule, id});
    if (rows.empty()) not_found("there is no such override of the schedule");
    return read_row(rows[0]);
}

void check(db::Tx& tx, const ScheduleOverrideDraft& draft) {
    if (schedule_store::users(tx, {draft.user.value()}).empty()) refuse_if_any({{"/user_id", "there is no such user"}});
}

http::Response list(Backend& backend, const Call& call) {
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    Query query(call.request);
    const auto page = query.page("schedule_overrides", 1);
    const auto user = query.id<UserId>("user_id");
    query.finish();
    Conditions conditions;
    conditions.add("o.schedule_id = ?", {schedule});
    if (user) conditions.add("o.person_id = ?", {*user});
    if (page.after) conditions.add("o.id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        schedule_store::require(tx, schedule);
        return tx.run_text(fmt::format("{}{} order by o.id limit {}", kSelect, conditions.where(), limit), conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(read_row(row)));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    json::Problems problems;
    const auto draft = read_schedule_override(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<ScheduleOverrideId>();
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        schedule_store::require(tx, schedule, " for no key update of s");
        check(tx, draft);
        if (tx.run(kCount, {schedule})[0].whole(0) >= kMostOverrides) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} overrides of the schedule that are not over, the most there may be", kMostOverrides), {}};
        }
        tx.run(kInsert, {id, schedule, draft.user, draft.from, draft.to});
        return require(tx, schedule, id);
    });
    return resource_response(call.request, present(one), one.version, 201).with("Location", fmt::format("/v1/schedules/{}/overrides/{}", schedule.text(), id.text()));
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    const auto id = path_id<ScheduleOverrideId>(call, "schedule_override_id");
    const auto one = call.transact(backend, [&](db::Tx& tx) { return require(tx, schedule, id); });
    return resource_response(call.request, present(one), one.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    const auto id = path_id<ScheduleOverrideId>(call, "schedule_override_id");
    const auto body = read_body(call);
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(tx, schedule, id, " for no key update of o");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_schedule_override(patch ? patched(write_schedule_override(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft);
        tx.run(kUpdate, {id, draft.user, draft.from, draft.to});
        return require(tx, schedule, id);
    });
    return resource_response(call.request, present(one), one.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    const auto id = path_id<ScheduleOverrideId>(call, "schedule_override_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, schedule, id, " for no key update of o").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/schedules/{schedule_id}/overrides", Permission::channels_read, list},
        {Method::post, "/v1/schedules/{schedule_id}/overrides", Permission::channels_write, create},
        {Method::get, "/v1/schedules/{schedule_id}/overrides/{schedule_override_id}", Permission::channels_read, read},
        {Method::put, "/v1/schedules/{schedule_id}/overrides/{schedule_override_id}", Permission::channels_write, edit},
        {Method::patch, "/v1/schedules/{schedule_id}/overrides/{schedule_override_id}", Permission::channels_write, edit},
        {Method::del, "/v1/schedules/{schedule_id}/overrides/{schedule_override_id}", Permission::channels_write, remove},
    };
}

}  // namespace sonde::controlplane::schedule_override_api
