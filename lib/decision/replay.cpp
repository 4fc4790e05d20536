#include "lib/decision/replay.h"

#include <algorithm>

#include "lib/decision/evidence.h"
#include "lib/decision/sighting.h"

namespace sonde::decision {
namespace {

constexpr milliseconds kWayThereAndBack{5000};
constexpr int kMostTicksAtOnce = 1000;

std::vector<std::string> names_of(const Definition& definition, const std::vector<RegionId>& regions) {
    std::vector<std::string> names;
    for (const auto region : regions) {
        if (const auto* voter = definition.voter(region)) names.push_back(voter->name);
    }
    return names;
}

}  // namespace

void Replay::watch(Definition definition, TimePoint since) {
    ahead_ = std::max(ahead_, definition.heartbeat ? milliseconds{0} : 2 * definition.cadence() + definition.timeout + kWayThereAndBack);
    now_ = monitors_.empty() ? since : std::min(now_, since);
    const auto monitor = definition.monitor;
    auto state = first_state(since);
    monitors_.insert_or_assign(monitor, Watched{std::move(definition), std::move(state), since, {}});
}

void Replay::feed(StoredResult result) {
    if (monitors_.find(result.monitor) == monitors_.end()) return;
    const auto known_until = result.received_at - ahead_;
    upcoming_.push_back(std::move(result));
    decide_until(known_until);
}

void Replay::finish(TimePoint until) {
    do {
        decide_until(until);
        run_ticks(until);  // may ask for something that is answered in time
    } while (!answers_.empty() && answers_.begin()->first <= until);
    now_ = std::max(now_, until);
}

void Replay::decide_until(TimePoint until) {
    while (true) {
        const bool stored_first =
            !upcoming_.empty() && (answers_.empty() || upcoming_.front().received_at <= answers_.begin()->first);
        if (!stored_first && answers_.empty()) return;
        const auto at = stored_first ? upcoming_.front().received_at : answers_.begin()->first;
        if (at > until) return;
        run_ticks(at);
        // The ticks may have asked for something whose answer comes first.
        if (stored_first && !answers_.empty() && answers_.begin()->first < at) continue;
        now_ = std::max(now_, at);
        StoredResult result;
        if (stored_first) {
            result = std::move(upcoming_.front());
            upcoming_.pop_front();
        } else {
            result = std::move(answers_.begin()->second);
            answers_.erase(answers_.begin());
        }
        auto& watched = monitors_.at(result.monitor);
        if (const auto* seen = std::get_if<ResultSeen>(&result.what)) happens(watched, now_, *seen);
        else happens(watched, now_, std::get<PingSeen>(result.what));
        if (options_.results == 0) continue;
        results_.push_back({std::move(result), last_reason_, !stored_first});
        if (results_.size() > options_.results) results_.pop_front();
    }
}

void Replay::run_ticks(TimePoint until) {
    // Each tick moves its monitor's next one on; the bound is for a defect that would make this hang.
    for (int left = kMostTicksAtOnce * static_cast<int>(monitors_.size() + 1); left > 0 && !ticks_.empty(); --left) {
        const auto [at, monitor] = *ticks_.begin();
        if (at > until) return;
        now_ = std::max(now_, at);
        auto& watched = monitors_.at(monitor);
        happens(watched, now_, Tick{watched.since, now_});
    }
}

void Replay::happens(Watched& watched, TimePoint now, decltype(Event::what) what) {
    auto decision = decide(std::move(watched.state), watched.definition, {now, AdvisoryId{1}, std::move(what)});
    watched.state = std::move(decision.next);
    last_reason_ = decision.reason;
    for (const auto& effect : decision.effects) carry_out(watched, now, effect);
    arm(watched, now);
    const auto& definition = watched.definition;
    for (const auto scope : {Scope::outage, Scope::warning}) {
        const auto seen = sighting_in(watched.state, definition, now, scope);
        if (!seen) continue;
        apply(decide(open(definition.site, scope),
                     {now, {}, MonitorSeen{definition.monitor, definition.severity, seen->cause, names_of(definition, seen->regions)}}));
    }
}

void Replay::arm(Watched& watched, TimePoint now) {
    const auto monitor = watched.definition.monitor;
    if (watched.armed) ticks_.erase({*watched.armed, monitor});
    watched.armed = next_tick(watched.state, watched.definition, now, watched.since);
    if (watched.armed) ticks_.insert({*watched.armed, monitor});
}

void Replay::carry_out(Watched& watched, TimePoint now, const Effect& effect) {
    const auto& definition = watched.definition;
    if (const auto* note = std::get_if<Note>(&effect)) {
        ++counts_[{note->kind, note->reason}];
        if (notes_.size() < options_.notes) {
            notes_.push_back({definition.monitor, now, *note, evidence_of(watched.state, definition, now)});
        }
    } else if (const auto* confirm = std::get_if<Confirm>(&effect)) {
        ask(watched, *confirm);
    } else if (const auto* joins = std::get_if<Joins>(&effect)) {
        MonitorJoins event{definition.site,     definition.site_name, definition.monitor,   definition.name,
                           joins->scope,        definition.severity,  joins->cause,         joins->failing_since,
                           names_of(definition, joins->regions),      joins->reason};
        const auto decision = decide(open(definition.site, joins->scope),
                                     {now, IncidentId{static_cast<std::int64_t>(incidents_.size()) + 1}, std::move(event)});
        const bool opened = decision.told == Told::opened;
        apply(decision);
        if (!opened) return;
        auto& replayed = incidents_.back();
        replayed.reason = joins->reason;
        replayed.evidence = evidence_of(watched.state, definition, now);
        replayed.assumed = votes_are_assumed(watched);
    } else if (const auto* leaves = std::get_if<Leaves>(&effect)) {
        apply(decide(open(definition.site, leaves->scope), {now, {}, MonitorLeaves{definition.monitor, leaves->reason}}));
    } else if (std::holds_alternative<FlappingBegan>(effect)) {
        mark(definition, now, {definition.monitor, TimelineKind::flapping_began, Reason::flapping_began});
    } else if (const auto* ended = std::get_if<FlappingEnded>(&effect)) {
        mark(definition, now, {definition.monitor, TimelineKind::flapping_ended, ended->reason});
    }
}

void Replay::mark(const Definition& definition, TimePoint now, const MonitorMarked& marked) {
    for (const auto scope : {Scope::outage, Scope::warning}) apply(decide(open(definition.site, scope), {now, {}, marked}));
}

void Replay::ask(const Watched& watched, const Confirm& confirm) {
    const auto monitor = watched.definition.monitor;
    for (const auto& one : confirm.asks) {
        if (made(monitor, one.region, confirm.slot, one.attempt) != nullptr) continue;
        milliseconds took{0};
        const auto* next = options_.unmade == Unmade::from_next_round ? next_round(monitor, one.region, confirm.slot, took) : nullptr;
        if (next == nullptr) {
            ++unanswered_;
            continue;
        }
        auto answer = *next;
        answer.slot = confirm.slot;
        answer.attempt = one.attempt;
        answer.started_at = one.not_before;
        answer.backfilled = false;
        const auto at = one.not_before + std::max(took, milliseconds{1});
        assumed_.insert({monitor, one.region, confirm.slot, one.attempt});
        answers_.emplace(at, StoredResult{at, monitor, std::move(answer)});
        ++assumed_answers_;
    }
}

const StoredResult* Replay::made(MonitorId monitor, RegionId region, Slot slot, int attempt) const {
    for (const auto& stored : upcoming_) {
        const auto* seen = std::get_if<ResultSeen>(&stored.what);
        if (stored.monitor == monitor && seen != nullptr && seen->region == region && seen->slot == slot && seen->attempt >= attempt) return &stored;
    }
    return nullptr;
}

const ResultSeen* Replay::next_round(MonitorId monitor, RegionId region, Slot after, milliseconds& took) const {
    for (const auto& stored : upcoming_) {
        const auto* seen = std::get_if<ResultSeen>(&stored.what);
        if (stored.monitor != monitor || seen == nullptr || seen->region != region || seen->slot <= after) continue;
        took = stored.received_at - std::min(taken_at(*seen, stored.received_at), stored.received_at);
        return seen;
    }
    return nullptr;
}

bool Replay::votes_are_assumed(const Watched& watched) const {
    const auto& votes = watched.state.votes;
    return std::any_of(votes.begin(), votes.end(), [&](const Vote& vote) {
        return rank(vote.verdict) > 0 && assumed_.contains({watched.definition.monitor, vote.region, vote.slot, vote.attempt});
    });
}

void Replay::apply(const IncidentDecision& decision) {
    if (decision.entries.empty() && !decision.touched) return;
    const auto& incident = *decision.next;
    const auto place = static_cast<std::size_t>(incident.id.value()) - 1;
    if (place >= incidents_.size()) incidents_.emplace_back();
    incidents_[place].incident = incident;
    if (incident.state == IncidentState::resolved) open_.erase({incident.site, incident.scope});
    else open_[{incident.site, incident.scope}] = place;
}

std::optional<Incident> Replay::open(SiteId site, Scope scope) const {
    const auto found = open_.find({site, scope});
    return found != open_.end() ? std::optional(incidents_[found->second].incident) : std::nullopt;
}

const MonitorState* Replay::state_of(MonitorId monitor) const {
    const auto found = monitors_.find(monitor);
    return found != monitors_.end() ? &found->second.state : nullptr;
}

}  // namespace sonde::decision
