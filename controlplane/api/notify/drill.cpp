#include "controlplane/api/notify/drill.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/notify/drill_draft.h"
#include "controlplane/drill/store.h"
#include "lib/calendar/schedule.h"

namespace sonde::controlplane::drill_api {
namespace {

constexpr std::int64_t kMostDrills = 100;  // each is looked at every second

// In the order of `read_row`; of runs, of `present_run`.
constexpr std::string_view kSelect = R"(
    select d.id, d.name, d.monitor_id, d.channel_id, d.schedule, d.time_zone, d.within_ms, d.enabled, d.version, d.created_at, d.updated_at,
           greatest(d.updated_at, (select max(r.asked_at) from drill_run r where r.drill_id = d.id)),
           (select r.id from drill_run r where r.drill_id = d.id order by r.id desc limit 1)
    from drill d )";
constexpr std::string_view kSelectRun = R"(
    select r.id, r.drill_id, r.state, r.reason, r.asked_at, r.began_at, r.fails_until, r.failed_check_at, r.opened_at, r.planned_at, r.told_at, r.incident_id, r.ended_at
    from drill_run r )";
constexpr db::Statement kInsert{"drill_insert", R"(
    insert into drill (id, name, monitor_id, channel_id, schedule, time_zone, within_ms, enabled) values ($1, $2, $3, $4, $5, $6, $7, $8))"};
constexpr db::Statement kUpdate{"drill_update", R"(
    update drill set name = $2, monitor_id = $3, channel_id = $4, schedule = $5, time_zone = $6, within_ms = $7, enabled = $8, version = version + 1,
           updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"drill_remove", "delete from drill where id = $1"};
constexpr db::Statement kCount{"drill_count", "select count(*) from drill"};
constexpr db::Statement kIsDrill{"drill_monitor", "select kind = 'drill' from monitor where id = $1 and deleted_at is null for key share"};

struct Drill {
    DrillId id;
    DrillDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
    TimePoint since;  // of its last run, or edit
    std::optional<DrillRunId> last_run;
};

Drill read_row(const db::Row& row) {
    Drill drill;
    drill.id = row.id<DrillId>(0);
    drill.draft = {std::string(row.text(1)), row.id<MonitorId>(2), row.id<ChannelId>(3), std::string(row.text(4)), std::string(row.text(5)), milliseconds{row.whole(6)}, row.boolean(7)};
    drill.version = row.small(8);
    drill.created_at = row.time(9);
    drill.updated_at = row.time(10);
    drill.since = row.time(11);
    if (!row.is_null(12)) drill.last_run = row.id<DrillRunId>(12);
    return drill;
}

Json instant_at(const db::Row& row, int column) { return row.is_null(column) ? Json(nullptr) : Json(to_rfc3339(row.time(column))); }

Json present_run(const db::Row& row) {
    Json document{{"id", row.id<DrillRunId>(0).text()}, {"drill_id", row.id<DrillId>(1).text()}, {"state", row.text(2)}, {"reason", row.text(3)},
                  {"detail", drill::in_words(from_name<drill::Reason>(row.text(3)).value_or(drill::Reason::none))}, {"asked_at", to_rfc3339(row.time(4))},
                  {"began_at", instant_at(row, 5)}, {"fails_until", instant_at(row, 6)}, {"failed_check_at", instant_at(row, 7)}, {"opened_at", instant_at(row, 8)},
                  {"planned_at", instant_at(row, 9)}, {"told_at", instant_at(row, 10)}};
    document["incident_id"] = row.is_null(11) ? Json(nullptr) : Json(row.id<IncidentId>(11).text());
    document["ended_at"] = instant_at(row, 12);
    const bool whole = !row.is_null(7) && !row.is_null(10);
    document["page_ms"] = whole ? Json(std::chrono::duration_cast<milliseconds>(row.time(10) - row.time(7)).count()) : Json(nullptr);
    return document;
}

Json next_of(const Drill& drill) {
    if (!drill.draft.enabled) return nullptr;
    const auto zone = calendar::Zone::find(drill.draft.time_zone);
    if (!zone) return nullptr;
    const auto schedule = calendar::Schedule::parse(calendar::kind_of(drill.draft.schedule), drill.draft.schedule, *zone);
    const auto next = schedule ? schedule->next_after(drill.since) : std::nullopt;
    return next ? Json(to_rfc3339(*next)) : Json(nullptr);
}

Json present(db::Tx& tx, const Drill& drill) {
    Json document;
    document["id"] = drill.id.text();
    json::add(document, write_drill(drill.draft));
    document["next_at"] = next_of(drill);
    document["last_run"] = drill.last_run ? present_run(tx.run_text(fmt::format("{}where r.id = $1", kSelectRun), {*drill.last_run})[0]) : Json(nullptr);
    document["version"] = drill.version;
    document["created_at"] = to_rfc3339(drill.created_at);
    document["updated_at"] = to_rfc3339(drill.updated_at);
    return document;
}

Drill require(db::Tx& tx, DrillId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("{}where d.id = $1{}", kSelect, suffix), {id});
    if (rows.empty()) not_found("there is no such drill");
    return read_row(rows[0]);
}

void check(db::Tx& tx, const DrillDraft& draft) {
    json::Problems problems;
    const auto kind = tx.run(kIsDrill, {draft.monitor});
    if (kind.empty()) {
        problems.push_back({"/monitor_id", "there is no such monitor"});
    } else if (!kind[0].boolean(0)) {
        problems.push_back({"/monitor_id", "is no monitor of the kind drill: others do not fail on command"});
    }
    if (relation::channels(tx, {draft.channel.value()}).empty()) problems.push_back({"/channel_id", "there is no such channel"});
    refuse_if_any(problems);
}

void write(db::Tx& tx, const db::Statement& statement, DrillId id, const DrillDraft& draft) {
    tx.run(statement, {id, draft.name, draft.monitor, draft.channel, draft.schedule, draft.time_zone, draft.within.count(), draft.enabled});
}

http::Response answer(const Call& call, const std::pair<Json, int>& drill, int status = 200) { return resource_response(call.request, drill.first, drill.second, status); }

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("drills", 1);
    query.finish();
    std::vector<Json> items;
    std::vector<std::int64_t> ids;
    call.transact(backend, [&](db::Tx& tx) {
        items.clear(), ids.clear();
        for (const auto row : tx.run_text(fmt::format("{}where d.id > $1 order by d.id limit $2", kSelect), {page.after ? page.after->whole(0) : 0, page.fetch()})) {
            const auto drill = read_row(row);
            items.push_back(present(tx, drill));
            ids.push_back(drill.id.value());
        }
    });
    return page_response(call.request, page, std::move(items), [&ids](std::size_t i) { return std::vector<Cursor::Value>{ids[i]}; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_drill(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<DrillId>();
    const auto drill = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft);
        if (tx.run(kCount)[0].whole(0) >= kMostDrills) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} drills, the most there may be", kMostDrills), {}};
        }
        write(tx, kInsert, id, draft);
        return std::pair{present(tx, require(tx, id)), 1};
    });
    return answer(call, drill, 201).with("Location", "/v1/drills/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DrillId>(call, "drill_id");
    return answer(call, call.transact(backend, [&](db::Tx& tx) {
        const auto drill = require(tx, id);
        return std::pair{present(tx, drill), drill.version};
    }));
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DrillId>(call, "drill_id");
    const auto body = read_body(call);
    return answer(call, call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(tx, id, " for no key update of d");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_drill(patch ? patched(write_drill(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return std::pair{present(tx, before), before.version};
        check(tx, draft);
        write(tx, kUpdate, id, draft);
        const auto after = require(tx, id);
        return std::pair{present(tx, after), after.version};
    }));
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DrillId>(call, "drill_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, id, " for no key update of d").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

http::Response run(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DrillId>(call, "drill_id");
    const auto asked = call.transact(backend, [&](db::Tx& tx) {
        require(tx, id, " for no key update of d");
        if (!drill::ask(tx, id)) throw http::ProblemError{http::problem::conflict, "a run of this drill is under way", {}};
        return present_run(tx.run_text(fmt::format("{}where r.drill_id = $1 order by r.id desc limit 1", kSelectRun), {id})[0]);
    });
    return http::Response::json(asked, 202);
}

http::Response list_runs(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("drill_runs", 1);
    query.finish();
    const auto id = path_id<DrillId>(call, "drill_id");
    std::vector<Json> items;
    std::vector<std::int64_t> ids;
    call.transact(backend, [&](db::Tx& tx) {
        items.clear(), ids.clear();
        require(tx, id);
        for (const auto row : tx.run_text(fmt::format("{}where r.drill_id = $1 and r.id < $2 order by r.id desc limit $3", kSelectRun),
                                          {id, page.after ? page.after->whole(0) : INT64_MAX, page.fetch()})) {
            items.push_back(present_run(row));
            ids.push_back(row.whole(0));
        }
    });
    return page_response(call.request, page, std::move(items), [&ids](std::size_t i) { return std::vector<Cursor::Value>{ids[i]}; });
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/drills", Permission::channels_read, list},
        {Method::post, "/v1/drills", Permission::channels_write, create},
        {Method::get, "/v1/drills/{drill_id}", Permission::channels_read, read},
        {Method::put, "/v1/drills/{drill_id}", Permission::channels_write, edit},
        {Method::patch, "/v1/drills/{drill_id}", Permission::channels_write, edit},
        {Method::del, "/v1/drills/{drill_id}", Permission::channels_write, remove},
        {Method::post, "/v1/drills/{drill_id}/run", Permission::channels_write, run},
        {Method::get, "/v1/drills/{drill_id}/runs", Permission::channels_read, list_runs},
    };
}

}  // namespace sonde::controlplane::drill_api
