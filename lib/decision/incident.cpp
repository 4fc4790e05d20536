#include "lib/decision/incident.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/decision/incident_step.h"

namespace sonde::decision {
namespace {

// Between two entries about the cause of one member: doubled with each, up to the longest.
constexpr milliseconds kCausePause{30'000};
constexpr milliseconds kLongestCausePause{3'600'000};
constexpr int kMostDoublings = 7;

Member* find_member(Incident& incident, MonitorId monitor) {
    const auto at = std::find_if(incident.members.begin(), incident.members.end(), [&](const Member& one) { return one.monitor == monitor; });
    return at != incident.members.end() ? &*at : nullptr;
}

bool is_over(const std::optional<Incident>& incident) { return !incident || incident->state == IncidentState::resolved; }

IncidentDecision join(std::optional<Incident> open, const MonitorJoins& joins, const IncidentEvent& event) {
    IncidentDecision decision;
    decision.next = std::move(open);
    const bool opens = is_over(decision.next);
    if (opens) {
        auto& incident = decision.next.emplace();
        incident.id = event.fresh_id;
        incident.site = joins.site;
        incident.scope = joins.scope;
        incident.severity = incident.worst_severity = joins.severity;
        incident.title = title_of(joins);
        incident.failing_since = joins.failing_since;
        incident.opened_at = event.now;
    } else if (const auto* member = find_member(*decision.next, joins.monitor); member != nullptr && !member->left_at && !member->named) {
        return decision;
    }
    take_in(*decision.next, joins, event.now);
    enter(decision, opens ? TimelineKind::opened : TimelineKind::monitor_joined, kEngine, joins.monitor, joins.reason);
    decision.told = opens ? Told::opened : Told::updated;
    if (!opens) follow_severity(decision);
    return decision;
}

IncidentDecision leave(std::optional<Incident> open, const MonitorLeaves& leaves, TimePoint now) {
    IncidentDecision decision;
    decision.next = std::move(open);
    if (is_over(decision.next)) return decision;
    auto* member = find_member(*decision.next, leaves.monitor);
    // One that a person named is not in it for its checks, but it goes with the monitor.
    if (member == nullptr || member->left_at) return decision;
    member->left_at = now;
    enter(decision, TimelineKind::monitor_left, kEngine, leaves.monitor, leaves.reason);
    decision.told = Told::updated;
    const auto& members = decision.next->members;
    const bool all_well = std::all_of(members.begin(), members.end(), [](const Member& one) { return one.left_at || one.named; });
    if (all_well && decision.next->auto_resolve) {
        resolve(decision, now, kEngine, leaves.reason);
    } else {
        follow_severity(decision);
    }
    return decision;
}

// A cause that comes and goes is written when it has held since the last entry's pause, and then as it is.
bool is_due(const CauseTold& told, TimePoint now) {
    const auto pause = kCausePause * (std::int64_t{1} << std::min(told.changes, kMostDoublings));
    return now >= told.at + std::min<milliseconds>(pause, kLongestCausePause);
}

IncidentDecision see(std::optional<Incident> open, const MonitorSeen& seen, TimePoint now) {
    IncidentDecision decision;
    decision.next = std::move(open);
    if (is_over(decision.next)) return decision;
    auto* member = find_member(*decision.next, seen.monitor);
    if (member == nullptr || member->left_at || member->named) return decision;
    decision.touched = member->regions != seen.regions || member->cause != seen.cause || member->severity != seen.severity;
    member->regions = seen.regions;
    member->cause = seen.cause;
    member->severity = seen.severity;
    if (member->cause != member->told.cause && is_due(member->told, now)) {
        const auto was = member->told.cause;
        member->told = {member->cause, now, member->told.changes + 1};
        enter(decision, TimelineKind::cause_changed, kEngine, seen.monitor, Reason::cause_changed, {},
              {{"from", name_of(was)}, {"to", name_of(seen.cause)}, {"regions", seen.regions}});
        decision.told = Told::updated;
    }
    follow_severity(decision);
    return decision;
}

IncidentDecision mark(std::optional<Incident> open, const MonitorMarked& marked) {
    IncidentDecision decision;
    decision.next = std::move(open);
    if (is_over(decision.next) || !decision.next->has(marked.monitor)) return decision;
    enter(decision, marked.kind, kEngine, marked.monitor, marked.reason);
    decision.told = Told::updated;
    return decision;
}

// A first, a last, twice as many or half as many are worth an entry.
bool is_material(int before, int now) {
    if (before == now) return false;
    return before == 0 || now == 0 || now >= before * 2 || now * 2 <= before;
}

IncidentDecision radius(std::optional<Incident> open, const RadiusSeen& seen) {
    IncidentDecision decision;
    decision.next = std::move(open);
    if (is_over(decision.next) || !is_material(decision.next->affected_monitors, seen.monitors)) return decision;
    decision.next->affected_monitors = seen.monitors;
    decision.next->affected_sites = seen.sites;
    enter(decision, TimelineKind::radius, kEngine, std::nullopt, Reason::radius_changed, {},
          {{"affected", {{"monitors", seen.monitors}, {"sites", seen.sites}}}});
    decision.told = Told::updated;
    return decision;
}

IncidentDecision end_with_site(std::optional<Incident> open, const SiteGone& gone, TimePoint now) {
    IncidentDecision decision;
    decision.next = std::move(open);
    if (!is_over(decision.next)) resolve(decision, now, kEngine, gone.reason);
    return decision;
}

}  // namespace

void enter(IncidentDecision& decision, TimelineKind kind, std::string_view actor, std::optional<MonitorId> monitor, Reason reason,
           std::string comment, Json details) {
    auto& incident = *decision.next;
    ++incident.version;
    decision.entries.push_back({++incident.seq, kind, std::string(actor), monitor, reason, std::move(comment), std::move(details)});
}

void take_in(Incident& incident, const MonitorJoins& joins, TimePoint now) {
    auto* member = find_member(incident, joins.monitor);
    if (member == nullptr) member = &incident.members.emplace_back();
    *member = {.monitor = joins.monitor, .name = joins.monitor_name, .cause = joins.cause, .joined_at = now, .left_at = {},
               .severity = joins.severity, .regions = joins.regions, .named = false, .told = {joins.cause, now, 0}, .is_group = joins.is_group};
}

void follow_severity(IncidentDecision& decision) {
    auto& incident = *decision.next;
    std::optional<Severity> worst;
    for (const auto& member : incident.members) {
        if (!member.left_at) worst = std::min(worst.value_or(member.severity), member.severity);
    }
    if (!worst || incident.severity_pinned || *worst == incident.severity) return;
    const auto was = incident.severity;
    incident.severity = *worst;
    incident.worst_severity = std::min(incident.worst_severity, *worst);
    enter(decision, TimelineKind::severity_changed, kEngine, std::nullopt, Reason::severity_followed, {},
          {{"from", name_of(was)}, {"to", name_of(*worst)}});
    if (!decision.told) decision.told = Told::severity_changed;
}

void resolve(IncidentDecision& decision, TimePoint now, std::string_view actor, Reason reason, std::string comment) {
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

bool Incident::has(MonitorId monitor) const {
    return std::any_of(members.begin(), members.end(),
                       [&](const Member& member) { return member.monitor == monitor && !member.left_at; });
}

IncidentDecision decide(std::optional<Incident> incident, const IncidentEvent& event) {
    if (const auto* joins = std::get_if<MonitorJoins>(&event.what)) return join(std::move(incident), *joins, event);
    if (const auto* leaves = std::get_if<MonitorLeaves>(&event.what)) return leave(std::move(incident), *leaves, event.now);
    if (const auto* seen = std::get_if<MonitorSeen>(&event.what)) return see(std::move(incident), *seen, event.now);
    if (const auto* gone = std::get_if<SiteGone>(&event.what)) return end_with_site(std::move(incident), *gone, event.now);
    if (const auto* marked = std::get_if<MonitorMarked>(&event.what)) return mark(std::move(incident), *marked);
    if (const auto* seen = std::get_if<RadiusSeen>(&event.what)) return radius(std::move(incident), *seen);
    return carry_out(std::move(incident), std::get<Command>(event.what), event);
}

std::vector<News> news_of(const IncidentDecision& decision) {
    std::vector<News> news;
    if (!decision.told || decision.entries.empty()) return news;
    const auto& entries = decision.entries;
    const auto last_of = [&](std::string_view kind) -> std::optional<std::size_t> {
        for (auto i = entries.size(); i-- > 0;) {
            if (name_of(entries[i].kind) == kind) return i;
        }
        return std::nullopt;
    };
    const auto severity = last_of(name_of(TimelineKind::severity_changed));
    const bool apart = severity && *decision.told != Told::severity_changed;
    // The entry of its own name; an update is about the last that is not the severity's.
    constexpr std::string_view kPrefix = "incident.";
    const auto last = entries.size() - 1;
    const auto main = last_of(name_of(*decision.told).substr(kPrefix.size())).value_or(apart && last == *severity && last > 0 ? last - 1 : last);
    news.push_back({*decision.told, main});
    if (apart) news.push_back({Told::severity_changed, *severity});
    return news;
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
