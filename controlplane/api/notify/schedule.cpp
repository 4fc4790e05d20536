#include "controlplane/api/notify/schedule.h"

#include <fmt/format.h>

#include <array>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/notify/schedule_store.h"
#include "lib/oncall/draft.h"

namespace sonde::controlplane::schedule_api {
namespace {

namespace store = schedule_store;

constexpr std::int64_t kMostSchedules = 500;

constexpr db::Statement kInsert{"schedule_insert", "insert into schedule (id, name, time_zone, layers, people) values ($1, $2, $3, $4, $5)"};
constexpr db::Statement kUpdate{"schedule_update", R"(
    update schedule set name = $2, time_zone = $3, layers = $4, people = $5, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"schedule_remove", "delete from schedule where id = $1"};
constexpr db::Statement kCount{"schedule_count", "select count(*) from schedule"};

constexpr std::array<SortKey, 4> kOrder{{
    {"id", "s.id", SortKey::Type::whole},
    {"name", "lower(s.name)", SortKey::Type::text},
    {"created_at", "s.created_at", SortKey::Type::instant},
    {"updated_at", "s.updated_at", SortKey::Type::instant},
}};
// All that an item of the list may have.
constexpr std::array<std::string_view, 7> kMembers{"id", "name", "time_zone", "layers", "version", "created_at", "updated_at"};

Json present(const Schedule& schedule) {
    Json document;
    document["id"] = schedule.id.text();
    json::add(document, write_schedule(schedule.draft));
    document["version"] = schedule.version;
    document["created_at"] = to_rfc3339(schedule.created_at);
    document["updated_at"] = to_rfc3339(schedule.updated_at);
    return document;
}

std::vector<std::int64_t> people(const ScheduleDraft& draft) {
    std::set<std::int64_t> all;
    for (const auto& layer : draft.layers) {
        for (const auto member : layer.members) all.insert(member.value());
    }
    return {all.begin(), all.end()};
}

void check(db::Tx& tx, const ScheduleDraft& draft) {
    json::Problems problems;
    const auto there = store::users(tx, people(draft));
    for (std::size_t i = 0; i < draft.layers.size(); ++i) {
        relation::refuse_missing(draft.layers[i].members, there, fmt::format("/layers/{}/members", i), "there is no such user", problems);
    }
    refuse_if_any(problems);
}

void write(db::Tx& tx, const db::Statement& statement, ScheduleId id, const ScheduleDraft& draft) {
    tx.run(statement, {id, draft.name, draft.time_zone, json::dump(oncall::store_layers(draft.layers)), people(draft)});
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kOrder);
    const auto page = query.page("schedules", sorting);
    const auto fields = query.fields(kMembers);
    const auto user = query.id<UserId>("user_id");
    const auto search = query.search();
    query.finish();
    Conditions conditions;
    if (user) conditions.add("s.people @> array[?::bigint]", {*user});
    if (search) search->add_to(conditions, "searchable(s.name)");
    const auto schedules =
        call.transact(backend, [&](db::Tx& tx) { return read_sorted(tx, {store::kColumns, store::kColumnCount, store::kFrom}, conditions, sorting, page, store::read); });
    std::vector<Json> items;
    for (const auto& schedule : schedules.items) items.push_back(fields.of(present(schedule)));
    return page_response(call.request, page, std::move(items), [&schedules](std::size_t i) { return schedules.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_schedule(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<ScheduleId>();
    const auto schedule = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft);
        if (tx.run(kCount)[0].whole(0) >= kMostSchedules) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} schedules, the most there may be", kMostSchedules), {}};
        }
        write(tx, kInsert, id, draft);
        return store::require(tx, id);
    });
    return resource_response(call.request, present(schedule), schedule.version, 201).with("Location", "/v1/schedules/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ScheduleId>(call, "schedule_id");
    const auto schedule = call.transact(backend, [&](db::Tx& tx) { return store::require(tx, id); });
    return resource_response(call.request, present(schedule), schedule.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ScheduleId>(call, "schedule_id");
    const auto body = read_body(call);
    const auto schedule = call.transact(backend, [&](db::Tx& tx) {
        const auto before = store::require(tx, id, " for no key update of s");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_schedule(patch ? patched(write_schedule(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft);
        write(tx, kUpdate, id, draft);
        return store::require(tx, id);
    });
    return resource_response(call.request, present(schedule), schedule.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ScheduleId>(call, "schedule_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, store::require(tx, id, " for update of s").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/schedules", Permission::channels_read, list},
        {Method::post, "/v1/schedules", Permission::channels_write, create},
        {Method::get, "/v1/schedules/{schedule_id}", Permission::channels_read, read},
        {Method::put, "/v1/schedules/{schedule_id}", Permission::channels_write, edit},
        {Method::patch, "/v1/schedules/{schedule_id}", Permission::channels_write, edit},
        {Method::del, "/v1/schedules/{schedule_id}", Permission::channels_write, remove},
    };
}

}  // namespace sonde::controlplane::schedule_api
