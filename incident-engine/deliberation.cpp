#include "incident-engine/deliberation.h"

#include <algorithm>

#include "lib/base/shard.h"
#include "lib/decision/evidence.h"

namespace sonde::engine {
namespace {

std::string message_of(const Json& detail) {
    if (!detail.is_object()) return {};
    const auto found = detail.find("message");
    return found != detail.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// The votes, and which checks were asked for because of them.
std::string with_asked(Json evidence, const decision::Confirm& confirm, const Regions& regions) {
    auto& asked = evidence["asked"] = Json::array();
    for (const auto& ask : confirm.asks) {
        asked.push_back({{"region", regions.name_of(ask.region)}, {"slot", to_rfc3339(confirm.slot)}, {"attempt", ask.attempt},
                         {"not_before", to_rfc3339(ask.not_before)}});
    }
    return json::dump(evidence);
}

// The votes, and what keeps the failure from being told.
std::string with_cover(Json evidence, Json suppressed_by) {
    evidence["suppressed_by"] = std::move(suppressed_by);
    return json::dump(evidence);
}

bool is_by_cover(decision::Reason reason) {
    using decision::Reason;
    return reason == Reason::in_maintenance || reason == Reason::dependency_down || reason == Reason::parent_in_doubt || reason == Reason::group_speaks;
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
                           .message = {},
                           .revision = result.revision};
    const bool fails = result.verdict == check::Verdict::down || result.verdict == check::Verdict::degraded;
    const auto detail = fails ? json::parse(result.detail) : Result<Json>(Json());
    if (detail) event.message = message_of(*detail);
    const auto reason = decide(watched, std::move(event));
    if (fails && detail && decision::is_heard(reason)) expires(watched, result.slot, *detail);
    return reason;
}

decision::Reason Deliberation::ping(const Watched& watched, const message::ProbeResult& result) {
    const auto detail = json::parse(result.detail);
    const auto mark = detail ? check::read_ping_mark(*detail) : std::nullopt;
    if (!mark) return decision::Reason::vote_from_stranger;  // recorded all the same
    decision::PingSeen event{result.slot, result.attempt, mark->ping, mark->run, {}};
    if (mark->ping == check::PingKind::fail) event.message = message_of(*detail);
    return decide(watched, std::move(event));
}

decision::Reason Deliberation::tick(MonitorId monitor, TimePoint listening_since, TimePoint heard_until) {
    return decide(holdings_.monitors.at(monitor), decision::Tick{listening_since, heard_until});
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
    const auto muting = before.muting;
    const auto footing = decision::footing_of(before);
    auto decision = decision::decide(std::move(before), watched.definition, {now_, new_id<AdvisoryId>(), std::move(what), around(watched), behind_});
    if (!muting.empty() || !decision.next.muting.empty()) note_suppression(watched, *muting, decision.next);
    if (decision::footing_of(decision.next) != footing && holdings_.relations.graph.is_source(monitor, watched.definition.site)) {
        changed_.insert(monitor);
        writes_.footings.insert(monitor);
    }
    const auto reason = decision.reason;
    if (reason == decision::Reason::region_in_doubt) held_.push_back(monitor);
    const bool nothing_new = reason == decision::Reason::vote_superseded || reason == decision::Reason::vote_late ||
                             reason == decision::Reason::vote_from_stranger || reason == decision::Reason::not_watched ||
                             reason == decision::Reason::vote_of_old_spec;
    if (!nothing_new && (decision.next.in_outage || decision.next.in_warning)) see(watched, decision.next);
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
    const auto evidence = decision::evidence_of(state, definition, now_);
    const auto votes = json::dump(evidence);
    const decision::Confirm* asked = nullptr;
    const auto withheld = state.muting->outage ? state.muting->outage : state.muting->warning;
    std::optional<std::size_t> edge;  // the transition that an incident's change belongs to
    for (const auto& effect : effects) {
        if (const auto* note = std::get_if<decision::Note>(&effect)) {
            if (note->kind == decision::NoteKind::transition) edge = writes_.decisions.size();
            writes_.decisions.push_back({definition.monitor, *note, std::nullopt, votes});
            auto& stored = writes_.decisions.back().votes;
            if (note->kind == decision::NoteKind::confirming && asked != nullptr) stored = with_asked(evidence, *asked, holdings_.regions);
            if (withheld && is_by_cover(note->reason)) stored = with_cover(evidence, suppressed_by(withheld));
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
            asked = confirm;
        } else if (const auto* joined = std::get_if<decision::Joins>(&effect)) {
            joins(watched, *joined, evidence, edge);
        } else if (const auto* gone = std::get_if<decision::Leaves>(&effect)) {
            left(definition.site, gone->scope, {definition.monitor, gone->reason}, &definition, &evidence, edge);
        } else if (const auto* opened = std::get_if<decision::AdvisoryOpened>(&effect)) {
            advisory(watched, opened->advisory, "advisory.opened", decision::Reason::minority_failing, evidence);
        } else if (const auto* grown = std::get_if<decision::AdvisoryChanged>(&effect)) {
            advisory(watched, grown->advisory, "advisory.changed", grown->reason, evidence);
        } else if (const auto* closed = std::get_if<decision::AdvisoryClosed>(&effect)) {
            advisory(watched, closed->advisory, "advisory.closed", closed->reason, evidence);
        } else if (std::holds_alternative<decision::FlappingBegan>(effect)) {
            flapping(watched, true, decision::Reason::flapping_began, evidence);
        } else if (const auto* ended = std::get_if<decision::FlappingEnded>(&effect)) {
            flapping(watched, false, ended->reason, evidence);
        } else if (const auto* asks = std::get_if<decision::AskParents>(&effect)) {
            ask_parents(watched, asks->since);
        }
    }
}

void Deliberation::advisory(const Watched& watched, const decision::Advisory& advisory, std::string_view kind, decision::Reason reason,
                            const Json& evidence) {
    const auto& definition = watched.definition;
    auto regions = holdings_.regions.names_of(advisory.regions);
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

void Deliberation::apply(Holdings& holdings) {
    for (auto& [monitor, state] : writes_.states) {
        auto& watched = holdings.monitors.at(monitor);
        watched.state = std::move(state);
        watched.stored = true;
        holdings.note(watched);
    }
    for (const auto monitor : writes_.forgotten) holdings.forget(monitor);
    for (auto& [id, state] : writes_.groups) {
        const auto held = holdings.relations.groups.find(id);
        if (held != holdings.relations.groups.end()) held->second = {std::move(state), true};
    }
    for (auto& row : writes_.expiries) {
        auto& told = holdings.expiries[row.monitor];
        std::erase_if(told, [this](const decision::ExpiryTold& one) { return one.ends_at <= now_; });
        told.push_back(std::move(row.told));
    }
    for (const auto parent : asked_) holdings.relations.asked[parent] = now_;
    for (const auto& [key, incident] : open_) {
        auto site = holdings.sites.find(key.first);
        if (site == holdings.sites.end()) {
            if (!incident) continue;
            site = holdings.sites.emplace(key.first, Site{site_name(key.first), shard_of(key.first), {}}).first;  // one without monitors
        }
        auto& slot = site->second.open[static_cast<std::size_t>(key.second)];
        if (incident) {
            slot = std::make_unique<const decision::Incident>(writes_.incidents.at(incident));
        } else {
            slot.reset();
        }
    }
}

}  // namespace sonde::engine
