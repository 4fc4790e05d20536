#include "controlplane/api/notify/schedule_override.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/notify/schedule_override_store.h"
#include "controlplane/api/notify/schedule_store.h"

namespace sonde::controlplane::schedule_override_api {
namespace {

namespace store = schedule_override_store;

Json present(const ScheduleOverride& one) {
    Json document;
    document["id"] = one.id.text();
    document["schedule_id"] = one.schedule.text();
    json::add(document, write_schedule_override(one.draft));
    document["version"] = one.version;
    document["created_at"] = to_rfc3339(one.created_at);
    document["updated_at"] = to_rfc3339(one.updated_at);
    return document;
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
    const auto all = call.transact(backend, [&](db::Tx& tx) {
        schedule_store::require(tx, schedule);
        return store::list(tx, conditions, page.fetch());
    });
    std::vector<Json> items;
    for (const auto& one : all) items.push_back(present(one));
    return page_response(call.request, page, std::move(items), [&all](std::size_t i) { return std::vector<Cursor::Value>{all[i].id.value()}; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    json::Problems problems;
    const auto draft = read_schedule_override(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<ScheduleOverrideId>();
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        store::insert(tx, id, schedule, draft);
        return store::require(tx, schedule, id);
    });
    return resource_response(call.request, present(one), one.version, 201).with("Location", fmt::format("/v1/schedules/{}/overrides/{}", schedule.text(), id.text()));
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    const auto id = path_id<ScheduleOverrideId>(call, "schedule_override_id");
    const auto one = call.transact(backend, [&](db::Tx& tx) { return store::require(tx, schedule, id); });
    return resource_response(call.request, present(one), one.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    const auto id = path_id<ScheduleOverrideId>(call, "schedule_override_id");
    const auto body = read_body(call);
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        const auto before = store::require(tx, schedule, id, " for no key update of o");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_schedule_override(patch ? patched(write_schedule_override(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        store::update(tx, id, draft);
        return store::require(tx, schedule, id);
    });
    return resource_response(call.request, present(one), one.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto schedule = path_id<ScheduleId>(call, "schedule_id");
    const auto id = path_id<ScheduleOverrideId>(call, "schedule_override_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, store::require(tx, schedule, id, " for no key update of o").version);
        store::remove(tx, id);
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
