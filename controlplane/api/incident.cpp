#include "controlplane/api/incident.h"

#include <fmt/format.h>

#include "controlplane/api/body.h"
#include "controlplane/api/command_desk.h"
#include "controlplane/api/delivery.h"
#include "controlplane/api/explain.h"
#include "controlplane/api/incident_store.h"
#include "controlplane/api/precondition.h"
#include "controlplane/api/query.h"
#include "controlplane/api/stored.h"

namespace sonde::controlplane {

enum class IncidentState : unsigned char { open, acknowledged, resolved };
enum class IncidentScope : unsigned char { outage, warning };

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::IncidentState> {
    static constexpr std::array<std::string_view, 3> names{"open", "acknowledged", "resolved"};
};

template <>
struct sonde::EnumNames<sonde::controlplane::IncidentScope> {
    static constexpr std::array<std::string_view, 2> names{"outage", "warning"};
};

namespace sonde::controlplane {
namespace {

constexpr std::string_view kNoIncident = "there is no such incident";

constexpr std::string_view kTimeline = R"(
    select seq, at, kind, actor, monitor_id, reason, data from incident_event where incident_id = $1 and seq > $2 order by seq limit $3)";

Incident require(std::optional<Incident> incident) {
    if (!incident) not_found(kNoIncident);
    return std::move(*incident);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("incidents", 1);
    const auto state = query.name<IncidentState>("state");
    const auto scope = query.name<IncidentScope>("scope");
    const auto site = query.id<SiteId>("site_id");
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    query.finish();
    Conditions conditions;
    if (state) conditions.add("i.state = ?", {name_of(*state)});
    if (scope) conditions.add("i.scope = ?", {name_of(*scope)});
    if (site) conditions.add("i.site_id = ?", {*site});
    if (from) conditions.add("i.opened_at >= ?::timestamptz", {*from});
    if (to) conditions.add("i.opened_at < ?::timestamptz", {*to});
    if (page.after) conditions.add("i.id < ?", {page.after->whole(0)});
    auto incidents = backend.pool.transact([&](db::Tx& tx) { return incident_store::list(tx, conditions, page.fetch()); });
    std::vector<Json> items;
    for (auto& incident : incidents) items.push_back(std::move(incident.document));
    return page_response(call.request, page, std::move(items),
                         [&incidents](std::size_t i) { return std::vector<Cursor::Value>{incidents[i].id.value()}; });
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    const auto incident = require(backend.pool.transact([&](db::Tx& tx) { return incident_store::find(tx, id); }));
    return resource_response(call.request, incident.document, incident.version);
}

Json present_event(const db::Row& row) {
    Json document;
    document["seq"] = row.whole(0);
    document["at"] = to_rfc3339(row.time(1));
    document["kind"] = row.text(2);
    document["actor"] = row.text(3);
    document["monitor_id"] = row.is_null(4) ? Json(nullptr) : Json(row.id<MonitorId>(4).text());
    document["reason"] = row.text(5);
    document["data"] = stored_json(row.text(6));
    return document;
}

http::Response timeline(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = query.page("timeline", 1);
    query.finish();
    const auto rows = backend.pool.transact([&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found(kNoIncident);
        return tx.run_text(kTimeline, {id, page.after ? page.after->whole(0) : 0, page.fetch()});
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present_event(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response deliveries(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = query.page("incident_deliveries", 1);
    query.finish();
    return backend.pool.transact([&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found(kNoIncident);
        return list_deliveries(tx, call.request, page, "d.incident_id = ?", id.value());
    });
}

http::Response explain(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    return http::Response::json(
        backend.pool.transact([&](db::Tx& tx) { return explain_incident(tx, require(incident_store::find(tx, id))); }));
}

std::string read_comment(const Call& call, Action action) {
    std::string comment;
    json::Problems problems;
    const auto body = action == Action::comment ? read_body(call) : read_optional_body(call);
    json::Reader in(body, "", problems);
    if (action == Action::comment) {
        in.require({"comment"});
        in.text("comment", comment, {.min = 1, .max = 4000, .multi_line = true});
    }
    in.finish();
    refuse_if_any(problems);
    return comment;
}

http::Response unanswered(std::string_view why) {
    return http::problem_response(
               http::problem::unavailable,
               fmt::format("{}; the request is kept and will be carried out: look at the incident's timeline", why))
        .with("Retry-After", "5");
}

http::Response act(Backend& backend, const Call& call, Action action) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    const Command command{id, action, call.actor.name, read_comment(call, action), if_match_version(call.request)};
    switch (backend.commands.ask(command)) {
        case Outcome::done:
        case Outcome::unchanged:
            return read(backend, call);
        case Outcome::not_found:
            not_found(kNoIncident);
        case Outcome::stale:
            throw http::ProblemError{
                http::problem::precondition_failed, "the incident has changed since the version in If-Match", {}};
        case Outcome::conflict:
            throw http::ProblemError{
                http::problem::conflict,
                fmt::format("the incident cannot be changed by \"{}\" in the state it is in", name_of(action)),
                {}};
        case Outcome::unanswered:
            return unanswered("the incident engine did not answer in time");
        case Outcome::busy:
            break;
    }
    return unanswered("too many requests wait for the incident engine");
}

template <Action action>
http::Response act_by(Backend& backend, const Call& call) {
    return act(backend, call, action);
}

}  // namespace

Endpoints incident_endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/incidents", Role::viewer, list},
        {Method::get, "/v1/incidents/{incident_id}", Role::viewer, read},
        {Method::get, "/v1/incidents/{incident_id}/timeline", Role::viewer, timeline},
        {Method::get, "/v1/incidents/{incident_id}/explain", Role::viewer, explain},
        {Method::get, "/v1/incidents/{incident_id}/deliveries", Role::viewer, deliveries},
        {Method::post, "/v1/incidents/{incident_id}/acknowledge", Role::operate, act_by<Action::acknowledge>},
        {Method::post, "/v1/incidents/{incident_id}/unacknowledge", Role::operate, act_by<Action::unacknowledge>},
        {Method::post, "/v1/incidents/{incident_id}/comment", Role::operate, act_by<Action::comment>},
        {Method::post, "/v1/incidents/{incident_id}/resolve", Role::operate, act_by<Action::resolve>},
    };
}

}  // namespace sonde::controlplane
