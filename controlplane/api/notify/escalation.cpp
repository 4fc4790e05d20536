#include "controlplane/api/notify/escalation.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/notify/escalation_draft.h"
#include "controlplane/api/notify/schedule_store.h"

namespace sonde::controlplane::escalation_api {
namespace {

constexpr std::int64_t kMostEscalations = 500;

// In the order of `read_row`.
constexpr std::string_view kColumns = "e.id, e.name, e.steps, e.repeat, e.version, e.created_at, e.updated_at";
constexpr int kColumnCount = 7;
constexpr std::string_view kFrom = "from escalation e ";
constexpr db::Statement kInsert{"escalation_insert", "insert into escalation (id, name, steps, repeat, channels, users, schedules) values ($1, $2, $3, $4, $5, $6, $7)"};
constexpr db::Statement kUpdate{"escalation_update", R"(
    update escalation set name = $2, steps = $3, repeat = $4, channels = $5, users = $6, schedules = $7, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"escalation_remove", "delete from escalation where id = $1"};
constexpr db::Statement kCount{"escalation_count", "select count(*) from escalation"};

constexpr std::array<SortKey, 4> kOrder{{
    {"id", "e.id", SortKey::Type::whole},
    {"name", "lower(e.name)", SortKey::Type::text},
    {"created_at", "e.created_at", SortKey::Type::instant},
    {"updated_at", "e.updated_at", SortKey::Type::instant},
}};
// All that an item of the list may have.
constexpr std::array<std::string_view, 7> kMembers{"id", "name", "steps", "repeat", "version", "created_at", "updated_at"};

struct Escalation {
    EscalationId id;
    EscalationDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

template <class AnyId>
std::vector<AnyId> ids_in(const Json& numbers) {
    std::vector<AnyId> ids;
    for (const auto& number : numbers) ids.push_back(AnyId{number.get<std::int64_t>()});
    return ids;
}

Escalation read_row(const db::Row& row) {
    Escalation escalation;
    escalation.id = row.id<EscalationId>(0);
    escalation.draft.name = row.text(1);
    for (const auto& step : stored_json(row.text(2))) {
        escalation.draft.steps.push_back({milliseconds{step.at("after_ms").get<std::int64_t>()}, ids_in<ChannelId>(step.at("channels")), ids_in<UserId>(step.at("users")),
                                          ids_in<ScheduleId>(step.at("schedules"))});
    }
    const auto repeat = stored_json(row.text(3));
    escalation.draft.repeat_times = repeat.at("times").get<int>();
    escalation.draft.repeat_after = milliseconds{repeat.at("after_ms").get<std::int64_t>()};
    escalation.version = row.small(4);
    escalation.created_at = row.time(5);
    escalation.updated_at = row.time(6);
    return escalation;
}

Json present(const Escalation& escalation) {
    Json document;
    document["id"] = escalation.id.text();
    json::add(document, write_escalation(escalation.draft));
    document["version"] = escalation.version;
    document["created_at"] = to_rfc3339(escalation.created_at);
    document["updated_at"] = to_rfc3339(escalation.updated_at);
    return document;
}

Escalation require(db::Tx& tx, EscalationId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("select {} {}where e.id = $1{}", kColumns, kFrom, suffix), {id});
    if (rows.empty()) not_found("there is no such escalation");
    return read_row(rows[0]);
}

// What steps name, each once.
template <class AnyId>
std::vector<std::int64_t> named(const EscalationDraft& draft, std::vector<AnyId> EscalationStep::*list) {
    std::set<std::int64_t> all;
    for (const auto& step : draft.steps) {
        for (const auto id : step.*list) all.insert(id.value());
    }
    return {all.begin(), all.end()};
}

void check(db::Tx& tx, const EscalationDraft& draft) {
    json::Problems problems;
    const auto channels = relation::channels(tx, named(draft, &EscalationStep::channels));
    const auto users = schedule_store::users(tx, named(draft, &EscalationStep::users));
    const auto schedules = schedule_store::schedules(tx, named(draft, &EscalationStep::schedules));
    for (std::size_t i = 0; i < draft.steps.size(); ++i) {
        const auto at = [i](const char* field) { return fmt::format("/steps/{}/{}", i, field); };
        relation::refuse_missing(draft.steps[i].channels, channels, at("channels"), "there is no such channel", problems);
        relation::refuse_missing(draft.steps[i].users, users, at("users"), "there is no such user", problems);
        relation::refuse_missing(draft.steps[i].schedules, schedules, at("schedules"), "there is no such schedule", problems);
    }
    refuse_if_any(problems);
}

void write(db::Tx& tx, const db::Statement& statement, EscalationId id, const EscalationDraft& draft) {
    Json steps = Json::array();
    for (const auto& step : draft.steps) {
        steps.push_back({{"after_ms", step.after.count()}, {"channels", relation::numbers(step.channels)}, {"users", relation::numbers(step.users)},
                         {"schedules", relation::numbers(step.schedules)}});
    }
    const Json repeat{{"times", draft.repeat_times}, {"after_ms", draft.repeat_after.count()}};
    tx.run(statement, {id, draft.name, json::dump(steps), json::dump(repeat), named(draft, &EscalationStep::channels), named(draft, &EscalationStep::users),
                       named(draft, &EscalationStep::schedules)});
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kOrder);
    const auto page = query.page("escalations", sorting);
    const auto fields = query.fields(kMembers);
    const auto channel = query.id<ChannelId>("channel_id");
    const auto user = query.id<UserId>("user_id");
    const auto schedule = query.id<ScheduleId>("schedule_id");
    const auto search = query.search();
    query.finish();
    Conditions conditions;
    if (channel) conditions.add("e.channels @> array[?::bigint]", {*channel});
    if (user) conditions.add("e.users @> array[?::bigint]", {*user});
    if (schedule) conditions.add("e.schedules @> array[?::bigint]", {*schedule});
    if (search) search->add_to(conditions, "searchable(e.name)");
    const auto escalations = call.transact(backend, [&](db::Tx& tx) { return read_sorted(tx, {kColumns, kColumnCount, kFrom}, conditions, sorting, page, read_row); });
    std::vector<Json> items;
    for (const auto& escalation : escalations.items) items.push_back(fields.of(present(escalation)));
    return page_response(call.request, page, std::move(items), [&escalations](std::size_t i) { return escalations.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_escalation(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<EscalationId>();
    const auto escalation = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft);
        if (tx.run(kCount)[0].whole(0) >= kMostEscalations) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} escalations, the most there may be", kMostEscalations), {}};
        }
        write(tx, kInsert, id, draft);
        return require(tx, id);
    });
    return resource_response(call.request, present(escalation), escalation.version, 201).with("Location", "/v1/escalations/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<EscalationId>(call, "escalation_id");
    const auto escalation = call.transact(backend, [&](db::Tx& tx) { return require(tx, id); });
    return resource_response(call.request, present(escalation), escalation.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<EscalationId>(call, "escalation_id");
    const auto body = read_body(call);
    const auto escalation = call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(tx, id, " for no key update of e");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_escalation(patch ? patched(write_escalation(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft);
        write(tx, kUpdate, id, draft);
        return require(tx, id);
    });
    return resource_response(call.request, present(escalation), escalation.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<EscalationId>(call, "escalation_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, id, " for update of e").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/escalations", Permission::channels_read, list},
        {Method::post, "/v1/escalations", Permission::channels_write, create},
        {Method::get, "/v1/escalations/{escalation_id}", Permission::channels_read, read},
        {Method::put, "/v1/escalations/{escalation_id}", Permission::channels_write, edit},
        {Method::patch, "/v1/escalations/{escalation_id}", Permission::channels_write, edit},
        {Method::del, "/v1/escalations/{escalation_id}", Permission::channels_write, remove},
    };
}

}  // namespace sonde::controlplane::escalation_api
