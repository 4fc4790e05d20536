#include "incident-engine/deliberation.h"

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
    const auto muting = before.muting;
    const auto standing = decision::standing_of(before);
    auto decision = decision::decide(std::move(before), watched.definition, {now_, new_id<AdvisoryId>(), std::move(what), around(watched)});
    if (!muting.empty() || !decision.next.muting.empty()) note_suppression(watched, muting, decision.next);
    if (decision::standing_of(decision.next) != standing && holdings_.relations.graph.is_source(monitor, watched.definition.site)) {
        changed_.insert(monitor);
        writes_.standings.insert(monitor);
    }
    const auto reason = decision.reason;
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
    const auto withheld = state.muting.outage ? state.muting.outage : state.muting.warning;
    const auto votes_and_cover = [&] {
        auto document = evidence;
        document["suppressed_by"] = suppressed_by(withheld);
        return json::dump(document);
    };
    std::optional<std::size_t> edge;  // the transition that an incident's change belongs to
    for (const auto& effect : effects) {
        if (const auto* note = std::get_if<decision::Note>(&effect)) {
            if (note->kind == decision::NoteKind::transition) edge = writes_.decisions.size();
            const bool covered = note->kind == decision::NoteKind::suppressed && withheld;
            writes_.decisions.push_back({definition.monitor, *note, std::nullopt, covered ? votes_and_cover() : votes});
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
            advisory(watched, opened->advisory, false, true, decision::Reason::minority_failing, evidence);
        } else if (const auto* grown = std::get_if<decision::AdvisoryChanged>(&effect)) {
            advisory(watched, grown->advisory, false, false, decision::Reason::minority_failing, evidence);
        } else if (const auto* closed = std::get_if<decision::AdvisoryClosed>(&effect)) {
            advisory(watched, closed->advisory, true, true, closed->reason, evidence);
        } else if (const auto* asks = std::get_if<decision::AskParents>(&effect)) {
            ask_parents(watched, asks->since);
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

void Deliberation::advisory(const Watched& watched, const decision::Advisory& advisory, bool closed, bool told, decision::Reason reason,
                            const Json& evidence) {
    const auto& definition = watched.definition;
    auto regions = names_of(holdings_.regions, advisory.regions);
    if (told) {
        EventParts parts(closed ? "advisory.closed" : "advisory.opened", now_, name_of(reason));
        parts.site = definition.site;
        parts.site_name = definition.site_name;
        parts.monitor = &definition;
        parts.advisory = &advisory;
        parts.advisory_regions = regions;
        parts.advisory_closed = closed;
        parts.evidence = &evidence;
        writes_.events.push_back(make_event(new_id<EventId>(), parts));
    }
    writes_.advisories.push_back({definition.site, definition.monitor, advisory, std::move(regions), closed});
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
        if (entry.kind == decision::TimelineKind::radius) data["affected"] = {{"monitors", incident.affected_monitors}, {"sites", incident.affected_sites}};
        auto written = entry;
        for (const auto& member : incident.members) {
            if (!member.is_group || entry.monitor != member.monitor) continue;
            written.monitor.reset();
            data["group"] = {{"id", GroupId{member.monitor.value()}.text()}, {"name", member.name}};
        }
        writes_.timeline.push_back({incident.id, std::move(written), json::dump(data)});
    }
    const auto& last = decision.entries.back();
    if (decision.told) {
        const auto name = site_name(incident.site);
        EventParts parts(name_of(*decision.told), now_, name_of(last.reason));
        parts.actor = last.actor;
        parts.site = incident.site;
        parts.site_name = name;
        parts.incident = &incident;
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

std::string Deliberation::site_name(SiteId site) const {
    const auto found = holdings_.sites.find(site);
    return found != holdings_.sites.end() ? found->second.name : std::string{};
}

void Deliberation::apply(Holdings& holdings) {
    for (auto& [monitor, state] : writes_.states) {
        auto& watched = holdings.monitors.at(monitor);
        holdings.note_muting(monitor, state);
        watched.state = std::move(state);
        watched.stored = true;
    }
    for (const auto monitor : writes_.forgotten) {
        holdings.monitors.erase(monitor);
        holdings.muted.erase(monitor);
        holdings.doubting.erase(monitor);
    }
    for (auto& [id, state] : writes_.groups) {
        const auto held = holdings.relations.groups.find(id);
        if (held != holdings.relations.groups.end()) held->second = {std::move(state), true};
    }
    for (const auto parent : asked_) holdings.relations.asked[parent] = now_;
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
