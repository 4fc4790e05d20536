#include "lib/decision/incident.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::decision {
namespace {

constexpr std::string_view kEngine = "engine";

void enter(IncidentDecision& decision, TimelineKind kind, std::string_view actor, std::optional<MonitorId> monitor, Reason reason,
           std::string comment = {}) {
    auto& incident = *decision.next;
    ++incident.version;
    decision.entries.push_back({++incident.seq, kind, std::string(actor), monitor, reason, std::move(comment)});
}

void resolve(IncidentDecision& decision, TimePoint now, std::string_view actor, Reason reason, std::string comment = {}) {
    auto& incident = *decision.next;
    incident.state = IncidentState::resolved;
    incident.resolved_at = now;
    incident.resolved_by = actor;
    for (auto& member : incident.members) {
        if (!member.left_at) member.left_at = now;
    }
    enter(decision, TimelineKind::resolved, actor, std::nullopt, reason, std::move(comment));
    decision.told = Told::resolved;
}

IncidentDecision join(std::optional<Incident> open, const MonitorJoins& joins, const IncidentEvent& event) {
    IncidentDecision decision{std::move(open), {}, {}, CommandOutcome::unchanged};
    const bool opens = !decision.next || decision.next->state == IncidentState::resolved;
    if (!opens && decision.next->has(joins.monitor)) return decision;
    if (opens) {
        decision.next = Incident{.id = event.fresh_id, .site = joins.site, .scope = joins.scope, .state = IncidentState::open,
                                 .severity = joins.severity, .title = title_of(joins), .seq = 0, .version = 0,
                                 .failing_since = joins.failing_since, .opened_at = event.now, .acknowledged_at = {},
                                 .acknowledged_by = {}, .resolved_at = {}, .resolved_by = {}, .members = {}, .affected_monitors = 0, .affected_sites = 0};
    }
    auto& incident = *decision.next;
    incident.severity = std::min(incident.severity, joins.severity);
    auto member = std::find_if(incident.members.begin(), incident.members.end(),
                               [&](const Member& one) { return one.monitor == joins.monitor; });
    if (member == incident.members.end()) {
        const Member fresh{.monitor = joins.monitor, .name = {}, .cause = {}, .joined_at = {}, .left_at = {}, .is_group = joins.is_group};
        member = incident.members.insert(member, fresh);
    }
    member->name = joins.monitor_name;
    member->cause = joins.cause;
    member->joined_at = event.now;
    member->left_at.reset();
    enter(decision, opens ? TimelineKind::opened : TimelineKind::monitor_joined, kEngine, joins.monitor, joins.reason);
    decision.told = opens ? Told::opened : Told::updated;
    return decision;
}

IncidentDecision leave(std::optional<Incident> open, const MonitorLeaves& leaves, TimePoint now) {
    IncidentDecision decision{std::move(open), {}, {}, CommandOutcome::unchanged};
    if (!decision.next || decision.next->state == IncidentState::resolved || !decision.next->has(leaves.monitor)) return decision;
    auto& members = decision.next->members;
    for (auto& member : members) {
        if (member.monitor == leaves.monitor) member.left_at = now;
    }
    enter(decision, TimelineKind::monitor_left, kEngine, leaves.monitor, leaves.reason);
    decision.told = Told::updated;
    const bool empty = std::all_of(members.begin(), members.end(), [](const Member& member) { return member.left_at.has_value(); });
    if (empty) resolve(decision, now, kEngine, leaves.reason);
    return decision;
}

// A first, a last, twice as many or half as many are worth an entry.
bool is_material(int before, int now) {
    if (before == now) return false;
    return before == 0 || now == 0 || now >= before * 2 || now * 2 <= before;
}

IncidentDecision radius(std::optional<Incident> open, const RadiusSeen& seen) {
    IncidentDecision decision{std::move(open), {}, {}, CommandOutcome::unchanged};
    if (!decision.next || decision.next->state == IncidentState::resolved) return decision;
    if (!is_material(decision.next->affected_monitors, seen.monitors)) return decision;
    decision.next->affected_monitors = seen.monitors;
    decision.next->affected_sites = seen.sites;
    enter(decision, TimelineKind::radius, kEngine, std::nullopt, Reason::radius_changed);
    decision.told = Told::updated;
    return decision;
}

IncidentDecision command(std::optional<Incident> named, const Command& command, TimePoint now) {
    IncidentDecision decision{std::move(named), {}, {}, CommandOutcome::done};
    const auto ends = [&](CommandOutcome outcome) {
        decision.outcome = outcome;
        return decision;
    };
    if (!decision.next) return ends(CommandOutcome::not_found);
    auto& incident = *decision.next;
    if (command.if_version && *command.if_version != incident.version) return ends(CommandOutcome::stale);
    switch (command.action) {
        case Action::acknowledge:
            if (incident.state == IncidentState::resolved) return ends(CommandOutcome::conflict);
            if (incident.state == IncidentState::acknowledged) return ends(CommandOutcome::unchanged);
            incident.state = IncidentState::acknowledged;
            incident.acknowledged_at = now;
            incident.acknowledged_by = command.actor;
            enter(decision, TimelineKind::acknowledged, command.actor, std::nullopt, Reason::by_request, command.comment);
            decision.told = Told::acknowledged;
            break;
        case Action::unacknowledge:
            if (incident.state == IncidentState::resolved) return ends(CommandOutcome::conflict);
            if (incident.state == IncidentState::open) return ends(CommandOutcome::unchanged);
            incident.state = IncidentState::open;
            incident.acknowledged_at.reset();
            incident.acknowledged_by.clear();
            enter(decision, TimelineKind::unacknowledged, command.actor, std::nullopt, Reason::by_request, command.comment);
            decision.told = Told::unacknowledged;
            break;
        case Action::comment:
            enter(decision, TimelineKind::commented, command.actor, std::nullopt, Reason::by_request, command.comment);
            decision.told = Told::commented;
            break;
        case Action::resolve:
            if (incident.state == IncidentState::resolved) return ends(CommandOutcome::unchanged);
            resolve(decision, now, command.actor, Reason::by_request, command.comment);
            break;
    }
    return decision;
}

}  // namespace

bool Incident::has(MonitorId monitor) const {
    return std::any_of(members.begin(), members.end(),
                       [&](const Member& member) { return member.monitor == monitor && !member.left_at; });
}

IncidentDecision decide(std::optional<Incident> incident, const IncidentEvent& event) {
    if (const auto* joins = std::get_if<MonitorJoins>(&event.what)) return join(std::move(incident), *joins, event);
    if (const auto* leaves = std::get_if<MonitorLeaves>(&event.what)) return leave(std::move(incident), *leaves, event.now);
    if (const auto* seen = std::get_if<RadiusSeen>(&event.what)) return radius(std::move(incident), *seen);
    return command(std::move(incident), std::get<Command>(event.what), event.now);
}

std::string title_of(const MonitorJoins& joins) {
    if (joins.is_group) return fmt::format("{}: group {} is down", joins.site_name, joins.monitor_name);
    const auto subject = joins.monitor_name.empty() || joins.monitor_name == joins.site_name
                             ? joins.site_name
                             : fmt::format("{}: {}", joins.site_name, joins.monitor_name);
    auto title = fmt::format("{} is {}", subject, joins.scope == Scope::outage ? "down" : "degraded");
    if (joins.cause != check::FailureClass::none) title += fmt::format(": {}", name_of(joins.cause));
    if (!joins.regions.empty()) title += fmt::format(" from {}", fmt::join(joins.regions, ", "));
    return title;
}

}  // namespace sonde::decision
