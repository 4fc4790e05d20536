#include "controlplane/api/incident/incident_action.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/incident/incident_input.h"
#include "controlplane/api/incident/incident_store.h"

namespace sonde::controlplane::incident_action_api {
namespace {

using decision::Action;
using decision::Refusal;

constexpr db::Statement kOtherOpen{"incident_other_open", R"(
    select o.id from incident o where o.state <> 'resolved' and o.scope = $2 and o.site_id = $1)"};

std::string_view describe(Refusal refusal) {
    switch (refusal) {
        case Refusal::none: return "";
        case Refusal::is_resolved: return "it is resolved; reopen it first";
        case Refusal::is_not_resolved: return "it is not resolved yet";
        case Refusal::too_late: return "it was resolved longer ago than incidents.reopen_within allows; open a new one";
        case Refusal::another_is_open: return "another incident of the site and scope is open, and there is one at a time";
        case Refusal::exists_already: return "there is an incident with this identifier already";
        case Refusal::site_is_gone: return "its site is deleted";
        case Refusal::no_such_monitor: return "`monitors` names one that the site does not have";
        case Refusal::no_such_update: return "there is no such public update, or it was deleted";
        case Refusal::not_the_author: return "somebody else wrote this public update; its author or an admin may change it";
        case Refusal::too_many_updates: return "it has as many public updates as an incident may have";
        case Refusal::unreadable: return "the incident engine does not understand this; it may be of an older version";
        case Refusal::is_acknowledged: return "it is acknowledged";
    }
    return "";
}

http::Response unanswered(std::string_view why, IncidentId incident) {
    return http::problem_response(http::problem::unavailable,
                                  fmt::format("{}; the request is kept and will be carried out: look at the timeline of {}", why, incident.text()))
        .with("Retry-After", "5");
}

[[noreturn]] void refuse(const http::ProblemKind& kind, std::string detail) { throw http::ProblemError{kind, std::move(detail), {}}; }

// The one that is in the way, if it still is.
std::string other_open(Backend& backend, const Call& call, IncidentId incident, const decision::Command& command) {
    return call.transact(backend, [&](db::Tx& tx) -> std::string {
        SiteId site;
        std::string scope;
        if (const auto* opening = std::get_if<decision::Opening>(&command.terms)) {
            site = opening->site;
            scope = name_of(opening->scope);
        } else if (const auto named = incident_store::find(tx, incident)) {
            site = *SiteId::parse(named->document["site_id"].get<std::string>());
            scope = named->document["scope"].get<std::string>();
        }
        const auto rows = tx.run(kOtherOpen, {site, scope});
        return rows.empty() ? std::string{} : ": " + rows[0].id<IncidentId>(0).text();
    });
}

// Returns nothing if it was done, or was so already. Of a request that came before, `incident` becomes what that one was about.
std::optional<http::Response> ask(Backend& backend, const Call& call, IncidentId& incident, const decision::Command& command) {
    const auto answer = backend.commands.ask(call, incident, command);
    if (answer.incident != IncidentId{}) incident = answer.incident;
    const auto why = describe(answer.refusal);
    switch (answer.outcome) {
        case Outcome::done:
        case Outcome::unchanged: return std::nullopt;
        case Outcome::not_found:
            if (!why.empty()) not_found(why);
            if (command.action == Action::open) refuse_if_any({{"/site_id", "there is no such site"}});
            not_found("there is no such incident");
        case Outcome::forbidden: refuse(http::problem::forbidden, std::string(why));
        case Outcome::stale: refuse(http::problem::precondition_failed, "the incident has changed since the version in If-Match");
        case Outcome::conflict: {
            auto detail = fmt::format("the incident cannot be changed by \"{}\" in the state it is in", name_of(command.action));
            if (!why.empty()) detail += fmt::format(": {}", why);
            if (answer.refusal == Refusal::another_is_open) detail += other_open(backend, call, incident, command);
            refuse(http::problem::conflict, std::move(detail));
        }
        case Outcome::unanswered: return unanswered("the incident engine did not answer in time", incident);
        case Outcome::busy: break;
    }
    return unanswered("too many requests wait for the incident engine", incident);
}

http::Response show(Backend& backend, const Call& call, IncidentId id, int status = 200) {
    const auto incident = call.transact(backend, [&](db::Tx& tx) { return incident_store::find(tx, id); });
    if (!incident) not_found("there is no such incident");
    return resource_response(call.request, incident->document, incident->version, status);
}

template <Action action>
http::Response act(Backend& backend, const Call& call) {
    Query(call.request).finish();
    auto id = path_id<IncidentId>(call, "incident_id");
    if (auto problem = ask(backend, call, id, read_command(call, action))) return std::move(*problem);
    return show(backend, call, id);
}

http::Response open(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto command = read_command(call, Action::open);
    auto id = new_id<IncidentId>();
    if (auto problem = ask(backend, call, id, command)) return std::move(*problem);
    return show(backend, call, id, 201).with("Location", "/v1/incidents/" + id.text());
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/incidents", Permission::incidents_write, open, kMaxBodyBytes, Once::by_command},
        {Method::patch, "/v1/incidents/{incident_id}", Permission::incidents_write, act<Action::set_title>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/acknowledge", Permission::incidents_write, act<Action::acknowledge>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/unacknowledge", Permission::incidents_write, act<Action::unacknowledge>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/comment", Permission::incidents_write, act<Action::comment>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/assign", Permission::incidents_write, act<Action::assign>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/severity", Permission::incidents_write, act<Action::set_severity>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/resolve", Permission::incidents_write, act<Action::resolve>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/reopen", Permission::incidents_write, act<Action::reopen>, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/incidents/{incident_id}/updates", Permission::incidents_write, act<Action::publish_update>, kMaxBodyBytes, Once::by_command},
        {Method::patch, "/v1/incidents/{incident_id}/updates/{number}", Permission::incidents_write, act<Action::edit_update>, kMaxBodyBytes, Once::by_command},
        {Method::del, "/v1/incidents/{incident_id}/updates/{number}", Permission::incidents_write, act<Action::delete_update>, kMaxBodyBytes, Once::by_command},
        {Method::put, "/v1/incidents/{incident_id}/postmortem", Permission::incidents_write, act<Action::write_postmortem>, kMaxBodyBytes, Once::by_command},
    };
}

}  // namespace sonde::controlplane::incident_action_api
