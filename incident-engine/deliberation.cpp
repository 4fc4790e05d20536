#include "incident-engine/deliberation.h"

#include <algorithm>

#include "incident-engine/evidence.h"

namespace sonde::engine {
namespace {

// `detail.message`, found without parsing the whole: failures are few, but a mass outage is many of them at once.
std::string message_of(const std::string& detail) {
    const auto document = json::parse(detail);
    if (!document || !document->is_object()) return {};
    const auto found = document->find("message");
    return found != document->end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> names_of(const Regions& regions, const std::vector<decision::RegionId>& ids) {
    std::vector<std::string> names;
    names.reserve(ids.size());
    for (const auto id : ids) names.push_back(regions.name_of(id));
    return names;
}

}  // namespace

decision::Reason Deliberation::result(const Seen& seen) {
    const auto& result = *seen.result;
    const auto& watched = holdings_.monitors.at(result.monitor);
    if (watched.definition.heartbeat) return ping(watched, result);
    decision::ResultSeen event{.region = seen.region,
                           .slot = result.slot,
                           .attempt = result.attempt,
                           .started_at = std::min(result.started_at, seen.received_at),
                           .verdict = result.verdict,
                           .cause = result.cause,
                           .backfilled = result.backfilled,
                           .message = {}};
    if (result.verdict == check::Verdict::down || result.verdict == check::Verdict::degraded) event.message = message_of(result.detail);
    return decide(watched, std::move(event));
}

decision::Reason Deliberation::ping(const Watched& watched, const message::ProbeResult& result) {
    const auto detail = json::parse(result.detail);
    const auto mark = detail ? check::read_ping_mark(*detail) : std::nullopt;
    if (!mark) return decision::Reason::vote_from_stranger;  // recorded all the same
    decision::PingSeen event{result.slot, result.attempt, mark->ping, mark->run, {}};
    if (mark->ping == check::PingKind::fail) event.message = message_of(result.detail);
    return decide(watched, std::move(event));
}

decision::Reason Deliberation::tick(MonitorId monitor, TimePoint listening_since, TimePoint heard_until) {
    return decide(holdings_.monitors.at(monitor), decision::Tick{listening_since, heard_until});
}

const decision::MonitorState* Deliberation::state_of(MonitorId monitor) const {
    const auto touched = writes_.states.find(monitor);
    if (touched != writes_.states.end()) return &touched->second;
    const auto found = holdings_.monitors.find(monitor);
    return found != holdings_.monitors.end() ? &found->second.state : nullptr;
}

decision::Reason Deliberation::judged(MonitorId monitor, bool well) {
    return decide(holdings_.monitors.at(monitor), decision::RegionsJudged{well});
}

decision::Reason Deliberation::definition_read(MonitorId monitor) {
    const auto& watched = holdings_.monitors.at(monitor);
    const auto reason = decide(watched, decision::DefinitionRead{});
    const auto activity = watched.definition.activity;
    if (activity == decision::Activity::deleted || activity == decision::Activity::site_deleted) {
        writes_.states.erase(monitor);
        writes_.forgotten.push_back(monitor);
    }
    return reason;
}

decision::Reason Deliberation::decide(const Watched& watched, What what) {
    const auto monitor = watched.definition.monitor;
    const auto touched = writes_.states.find(monitor);
    const bool fresh = touched == writes_.states.end();
    const bool compare = !std::holds_alternative<decision::ResultSeen>(what);
    auto before = fresh ? watched.state : touched->second;
    std::optional<decision::MonitorState> kept;
    if (compare) kept = before;
    auto decision = decision::decide(std::move(before), watched.definition, {now_, new_id<AdvisoryId>(), std::move(what)});
    const auto reason = decision.reason;
    if (reason == decision::Reason::region_in_doubt) held_.push_back(monitor);
    const bool nothing_new = reason == decision::Reason::vote_superseded || reason == decision::Reason::vote_late ||
                             reason == decision::Reason::vote_from_stranger || reason == decision::Reason::not_watched;
    if (decision.effects.empty()) {
        // A definition read for the first time is worth no row: the first vote writes it.
        if (nothing_new || (compare && (decision.next == *kept || (!watched.stored && fresh)))) return reason;
    } else {
        carry_out(watched, decision.next, decision.effects);
    }
    if (fresh) {
        writes_.states.emplace(monitor, std::move(decision.next));
    } else {
        touched->second = std::move(decision.next);
    }
    return reason;
}

void Deliberation::carry_out(const Watched& watched, const decision::MonitorState& state, std::vector<decision::Effect>& effects) {
    const auto& definition = watched.definition;
    const auto evidence = evidence_of(state, definition, now_);
    const auto votes = json::dump(evidence);
    std::optional<std::size_t> edge;  // the transition that an incident's change belongs to
    for (const auto& effect : effects) {
        if (const auto* note = std::get_if<decision::Note>(&effect)) {
            if (note->kind == decision::NoteKind::transition) edge = writes_.decisions.size();
            writes_.decisions.push_back({definition.monitor, *note, std::nullopt, votes});
        } else if (const auto* changed = std::get_if<decision::Changed>(&effect)) {
            EventParts parts("monitor.changed", now_, name_of(changed->reason));
            parts.site = definition.site;
            parts.site_name = definition.site_name;
            parts.monitor = &definition;
            parts.from = changed->from;
            parts.to = changed->to;
            parts.evidence = &evidence;
            writes_.events.push_back(make_event(new_id<EventId>(), parts));
        } else if (const auto* confirm = std::get_if<decision::Confirm>(&effect)) {
            writes_.asking.push_back({definition.monitor, *confirm});
        } else if (const auto* joined = std::get_if<decision::Joins>(&effect)) {
            joins(watched, *joined, evidence, edge);
        } else if (const auto* gone = std::get_if<decision::Leaves>(&effect)) {
            left(definition.site, gone->scope, {definition.monitor, gone->reason}, &definition, &evidence, edge);
        } else if (const auto* opened = std::get_if<decision::AdvisoryOpened>(&effect)) {
            advisory(watched, opened->advisory, "advisory.opened", decision::Reason::minority_failing, evidence);
        } else if (const auto* grown = std::get_if<decision::AdvisoryChanged>(&effect)) {
            advisory(watched, grown->advisory, "advisory.changed", decision::Reason::minority_failing, evidence);
        } else if (const auto* closed = std::get_if<decision::AdvisoryClosed>(&effect)) {
            advisory(watched, closed->advisory, "advisory.closed", closed->reason, evidence);
        } else if (std::holds_alternative<decision::FlappingBegan>(effect)) {
            flapping(watched, true, decision::Reason::flapping_began, evidence);
        } else if (const auto* ended = std::get_if<decision::FlappingEnded>(&effect)) {
            flapping(watched, false, ended->reason, evidence);
        }
    }
}

void Deliberation::joins(const Watched& watched, const decision::Joins& joins, const Json& evidence, std::optional<std::size_t> edge) {
    const auto& definition = watched.definition;
    decision::MonitorJoins event{definition.site,  definition.site_name, definition.monitor,
                             definition.name,  joins.scope,          definition.severity,
                             joins.cause,      joins.failing_since,  names_of(holdings_.regions, joins.regions),
                             joins.reason};
    const auto decision = decision::decide(open(definition.site, joins.scope), {now_, new_id<IncidentId>(), std::move(event)});
    record(decision, &definition, &evidence);
    if (edge && decision.next) writes_.decisions[*edge].incident = decision.next->id;
}

void Deliberation::left(SiteId site, decision::Scope scope, const decision::MonitorLeaves& leaves, const decision::Definition* definition,
                        const Json* evidence, std::optional<std::size_t> edge) {
    auto there = open(site, scope);
    if (!there) return;
    const auto decision = decision::decide(std::move(there), {now_, IncidentId{}, leaves});
    record(decision, definition, evidence);
    if (edge && decision.next && !decision.entries.empty()) writes_.decisions[*edge].incident = decision.next->id;
}

void Deliberation::leaves(SiteId site, decision::Scope scope, MonitorId monitor, decision::Reason reason) {
    left(site, scope, {monitor, reason}, nullptr, nullptr, std::nullopt);
}

decision::CommandOutcome Deliberation::command(std::int64_t number, std::optional<decision::Incident> named, const decision::Command& command) {
    if (named) {
        if (const auto touched = writes_.incidents.find(named->id); touched != writes_.incidents.end()) named = touched->second;
    }
    const auto decision = decision::decide(std::move(named), {now_, IncidentId{}, command});
    record(decision, nullptr, nullptr);
    writes_.answers.push_back({number, decision.outcome});
    return decision.outcome;
}

void Deliberation::advisory(const Watched& watched, const decision::Advisory& advisory, std::string_view kind, decision::Reason reason,
                            const Json& evidence) {
    const auto& definition = watched.definition;
    auto regions = names_of(holdings_.regions, advisory.regions);
    const bool closed = kind == "advisory.closed";
    EventParts parts(kind, now_, name_of(reason));
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.monitor = &definition;
    parts.advisory = &advisory;
    parts.advisory_regions = regions;
    parts.advisory_closed = closed;
    parts.evidence = &evidence;
    writes_.events.push_back(make_event(new_id<EventId>(), parts));
    writes_.advisories.push_back({definition.site, definition.monitor, advisory, std::move(regions), closed, reason});
}

// Told by itself, and marked in the timeline of the incident that the monitor takes part in.
void Deliberation::flapping(const Watched& watched, bool began, decision::Reason reason, const Json& evidence) {
    const auto& definition = watched.definition;
    EventParts parts(began ? "monitor.flapping_began" : "monitor.flapping_ended", now_, name_of(reason));
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.monitor = &definition;
    parts.evidence = &evidence;
    writes_.events.push_back(make_event(new_id<EventId>(), parts));
    for (const auto scope : {decision::Scope::outage, decision::Scope::warning}) {
        const auto kind = began ? decision::TimelineKind::flapping_began : decision::TimelineKind::flapping_ended;
        const auto decision = decision::decide(open(definition.site, scope), {now_, IncidentId{}, decision::MonitorMarked{definition.monitor, kind, reason}});
        record(decision, &definition, &evidence);
    }
}

void Deliberation::record(const decision::IncidentDecision& decision, const decision::Definition* definition, const Json* evidence) {
    if (decision.entries.empty()) return;
    const auto& incident = *decision.next;
    for (const auto& entry : decision.entries) {
        Json data = Json::object();
        if (entry.monitor && evidence != nullptr) data = *evidence;
        if (entry.kind == decision::TimelineKind::opened || entry.kind == decision::TimelineKind::monitor_joined) {
            for (const auto& member : incident.members) {
                if (entry.monitor == member.monitor) data["cause"] = name_of(member.cause);
            }
        }
        if (!entry.comment.empty()) data["comment"] = entry.comment;
        writes_.timeline.push_back({incident.id, entry, json::dump(data)});
    }
    const auto& last = decision.entries.back();
    if (decision.told) {
        const auto name = site_name(incident.site);
        EventParts parts(name_of(*decision.told), now_, name_of(last.reason));
        parts.actor = last.actor;
        parts.site = incident.site;
        parts.site_name = name;
        parts.incident = &incident;
        const auto tags = tags_of(incident);
        parts.tags = &tags;
        parts.comment = last.comment;
        parts.monitor = definition;
        parts.evidence = evidence;
        writes_.events.push_back(make_event(new_id<EventId>(), parts));
    }
    writes_.incidents.insert_or_assign(incident.id, incident);
    const bool is_open = incident.state != decision::IncidentState::resolved;
    // A comment on a resolved incident must not hide the one that is open now.
    const auto key = std::pair(incident.site, incident.scope);
    const auto now_open = open(incident.site, incident.scope);
    if (is_open || (now_open && now_open->id == incident.id)) open_[key] = is_open ? incident.id : IncidentId{};
}

std::optional<decision::Incident> Deliberation::open(SiteId site, decision::Scope scope) const {
    if (const auto changed = open_.find({site, scope}); changed != open_.end()) {
        if (!changed->second) return std::nullopt;
        return writes_.incidents.at(changed->second);
    }
    const auto found = holdings_.sites.find(site);
    if (found == holdings_.sites.end()) return std::nullopt;
    return found->second.open[static_cast<std::size_t>(scope)];
}

// Of all monitors that are or were in it, and their site.
std::vector<std::string> Deliberation::tags_of(const decision::Incident& incident) const {
    std::vector<std::string> tags;
    for (const auto& member : incident.members) {
        const auto found = holdings_.monitors.find(member.monitor);
        if (found == holdings_.monitors.end()) continue;
        const auto& its = found->second.definition.tags;
        tags.insert(tags.end(), its.begin(), its.end());
    }
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
}

std::string Deliberation::site_name(SiteId site) const {
    const auto found = holdings_.sites.find(site);
    return found != holdings_.sites.end() ? found->second.name : std::string{};
}

void Deliberation::apply(Holdings& holdings) {
    for (auto& [monitor, state] : writes_.states) {
        auto& watched = holdings.monitors.at(monitor);
        watched.state = std::move(state);
        watched.stored = true;
        holdings.note(watched);
    }
    for (const auto monitor : writes_.forgotten) holdings.forget(monitor);
    for (const auto& [key, incident] : open_) {
        const auto site = holdings.sites.find(key.first);
        if (site == holdings.sites.end()) continue;
        auto& slot = site->second.open[static_cast<std::size_t>(key.second)];
        if (incident) {
            slot = writes_.incidents.at(incident);
        } else {
            slot.reset();
        }
    }
}

}  // namespace sonde::engine
