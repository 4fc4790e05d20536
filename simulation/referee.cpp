#include "simulation/referee.h"

#include <algorithm>

#include "lib/json/json.h"

namespace sonde::simulation {
namespace {

// Between an agent's corrected clock and the truth, and between a check and the batch that decides on it.
constexpr milliseconds kTolerance{3000};
constexpr milliseconds kLate{10'000};
constexpr std::size_t kMostDetails = 20;

}  // namespace

int domains_needed_down(const check::Quorum& quorum, int fresh, int configured) {
    switch (quorum.rule) {
        case check::QuorumRule::any: return 1;
        case check::QuorumRule::all: return std::max(fresh, 1);
        case check::QuorumRule::at_least: return std::max(1, std::min(quorum.at_least, configured));
        case check::QuorumRule::majority: break;
    }
    return fresh / 2 + 1;
}

int domains_needed_up(const check::Quorum& quorum, int fresh, int configured) {
    return std::max(fresh / 2 + 1, fresh - domains_needed_down(quorum, fresh, configured) + 1);
}

int domains_needed_fresh(const check::Quorum& quorum, int configured) {
    if (quorum.rule == check::QuorumRule::any) return 1;
    if (quorum.rule == check::QuorumRule::at_least) return domains_needed_down(quorum, configured, configured);
    return configured / 2 + 1;
}

Referee::Referee(const Clockwork& clockwork, const Plan& plan, Database& database, Trace& trace)
    : clockwork_(clockwork), plan_(plan), database_(database), trace_(trace) {
    for (const auto& monitor : plan.monitors) {
        memberships_[{monitor.id, decision::Scope::outage}];
        memberships_[{monitor.id, decision::Scope::warning}];
        by_hand_[monitor.id];
    }
    if (plan.group) {
        memberships_[{MonitorId{plan.group->id.value()}, decision::Scope::outage}];
        by_hand_[MonitorId{plan.group->id.value()}];
    }
}

std::string Referee::label(MonitorId monitor) const {
    for (const auto& row : database_.monitors) {
        if (row.planned.id == monitor) return row.planned.name;
    }
    return plan_.group && plan_.group->id.value() == monitor.value() ? "group" : "?";
}

void Referee::found(Finding what, std::string how) {
    ++report_.findings[static_cast<std::size_t>(what)];
    trace_.line("FOUND", "{}: {}", name_of(what), how);
    if (report_.details.size() >= kMostDetails) return;
    report_.details.push_back(fmt::format("[{:.3f}] {}: {}", trace_.seconds_of(clockwork_.now()), name_of(what), how));
}

void Referee::broke(std::string_view what, std::string_view how) {
    found(how.find("incident_one_open") != std::string_view::npos ? Finding::duplicate : Finding::broken, fmt::format("{}: {}", what, how));
}

void Referee::checked(const message::ProbeResult& result, const std::string& region, TimePoint began, std::uint64_t spec) {
    ++report_.checks;
    runs_[{result.monitor, result.slot, region, result.attempt}].push_back({began, result.verdict, spec});
}

void Referee::accepted(const std::string& payload, int, const std::string& region) {
    const auto batch = message::read_result_batch(payload);
    for (const auto& result : batch->results) accepted_.insert({result.monitor, result.slot, region, result.attempt});
}

void Referee::lost_in_bus(const std::string& stream, const std::string& payload) {
    if (!stream.starts_with("results")) return;
    const auto batch = message::read_result_batch(payload);
    if (!batch) return;
    for (const auto& result : batch->results) lost_.insert({result.monitor, result.slot, batch->region, result.attempt});
}

std::vector<ResultKey> Referee::vanished() const {
    std::vector<ResultKey> missing;
    for (const auto& key : accepted_) {
        if (!database_.has_result(key) && !lost_.contains(key)) missing.push_back(key);
    }
    return missing;
}

const Referee::Run* Referee::run_of(const ResultKey& key, check::Verdict verdict) const {
    const auto found = runs_.find(key);
    if (found == runs_.end()) return nullptr;
    const Run* newest = nullptr;
    for (const auto& run : found->second) {
        if (run.verdict == verdict && (newest == nullptr || run.began > newest->began)) newest = &run;
    }
    return newest;
}

bool Referee::was_of_spec(const ResultKey& key, std::uint64_t spec) const {
    const auto found = runs_.find(key);
    return found == runs_.end() || std::any_of(found->second.begin(), found->second.end(), [spec](const Run& run) { return run.spec == spec; });
}

bool Referee::edited_lately(MonitorId monitor, milliseconds within) const {
    const auto now = clockwork_.now();
    return std::any_of(plan_.edits.begin(), plan_.edits.end(), [&](const Edit& edit) {
        return plan_.monitors[edit.monitor].id == monitor && edit.at <= now && now - edit.at <= within;
    });
}

bool Referee::was_taken_off(MonitorId monitor) const {
    return std::any_of(plan_.edits.begin(), plan_.edits.end(), [&](const Edit& edit) {
        return plan_.monitors[edit.monitor].id == monitor && edit.at <= clockwork_.now() && (edit.kind == EditKind::pause || edit.kind == EditKind::remove);
    });
}

std::string Referee::doubt_of(const std::string& engine, const engine::Deliberation& deliberation, const decision::Definition& definition, bool down) const {
    const auto& state = *deliberation.state(definition.monitor);
    struct Domain {
        int regions = 0;
        int up = 0;
        int down = 0;
        // Down by a majority of its regions; degraded if a majority fails, and no majority is down.
        [[nodiscard]] bool is_down() const { return 2 * down > regions; }
        [[nodiscard]] bool is_better() const { return 2 * up > regions || (!is_down() && 2 * (regions - up) > regions); }
    };
    std::map<std::string, Domain> domains;
    const auto now = deliberation.now();
    const auto fresh_for = definition.cadence() * 3 / 2 + definition.timeout;
    bool any_live = false;
    const auto& deciding = deciding_.at(engine);
    for (const auto& voter : definition.voters) {
        if (voter.standing != decision::Standing::counts) continue;  // as if it were silent
        const auto vote = std::find_if(state.votes.begin(), state.votes.end(), [&](const decision::Vote& one) { return one.region == voter.id; });
        const std::pair key(definition.monitor, voter.name);
        const auto batch = deciding.find(key);
        const auto stored = latest_.find(key);
        const Latest* latest = batch != deciding.end() ? &batch->second : stored != latest_.end() ? &stored->second : nullptr;
        if (vote == state.votes.end()) {
            if (latest != nullptr && now - latest->slot < fresh_for - kTolerance && was_of_spec({definition.monitor, latest->slot, voter.name, latest->attempt}, definition.spec_hash) &&
                !edited_lately(definition.monitor, fresh_for + seconds{10})) {
                return fmt::format("the vote of {} on slot {:.3f} is missing", voter.name, trace_.seconds_of(latest->slot));
            }
            continue;
        }
        if (latest != nullptr && std::tie(latest->slot, latest->attempt) > std::tie(vote->slot, vote->attempt) && now - latest->slot < fresh_for - kTolerance) {
            return fmt::format("{} has voted by a newer result", voter.name);
        }
        const auto* run = run_of({definition.monitor, vote->slot, voter.name, vote->attempt}, vote->verdict);
        if (run == nullptr) return fmt::format("the vote of {} is by a check that was never made", voter.name);
        if (now - vote->taken_at > fresh_for) continue;  // no vote any more
        if (now - run->began > fresh_for + kTolerance) return fmt::format("the vote of {} is older than it says", voter.name);
        const bool counts = down ? vote->verdict == check::Verdict::down : vote->verdict != check::Verdict::down;
        if (counts && run->spec != definition.spec_hash) return fmt::format("the vote of {} was taken under another spec", voter.name);
        auto& domain = domains[voter.domain];
        ++domain.regions;
        if (vote->verdict == check::Verdict::up) ++domain.up;
        if (vote->verdict == check::Verdict::down) ++domain.down;
        any_live = any_live || (counts && !vote->backfilled);
    }
    const auto fresh = static_cast<int>(domains.size());
    const auto counted = static_cast<int>(std::count_if(domains.begin(), domains.end(), [down](const auto& entry) { return down ? entry.second.is_down() : entry.second.is_better(); }));
    const auto needed = down ? domains_needed_down(definition.policy.quorum, fresh, definition.domains) : domains_needed_up(definition.policy.quorum, fresh, definition.domains);
    if (down && fresh < domains_needed_fresh(definition.policy.quorum, definition.domains)) return fmt::format("only {} of {} domains are fresh", fresh, definition.domains);
    if (counted < needed) return fmt::format("{} of {} fresh domains, {} needed", counted, fresh, needed);
    if (down && !any_live) return "all its votes came late, from a spool";
    return {};
}

int Referee::number_of(IncidentId incident) {
    return numbers_.try_emplace(incident, static_cast<int>(numbers_.size()) + 1).first->second;
}

void Referee::deliberates(const std::string& engine, milliseconds behind) {
    if (behind > kLate) ++report_.late_batches;
    deciding_[engine].clear();
    entries_[engine] = 0;
    telling_[engine].clear();
}

void Referee::decided(const std::string& engine, const engine::Deliberation& deliberation, const decision::Definition& definition, const engine::Seen* seen) {
    const auto* run = seen == nullptr ? nullptr : run_of({definition.monitor, seen->result->slot, std::string(seen->region_name), seen->result->attempt}, seen->result->verdict);
    // What was checked by a spec that was edited since is no vote, however new.
    if (run != nullptr && run->spec == definition.spec_hash && run->verdict != check::Verdict::unknown) {
        auto& latest = deciding_[engine][{definition.monitor, std::string(seen->region_name)}];
        const auto stored = latest_.find({definition.monitor, std::string(seen->region_name)});
        if (latest.slot == Slot{} && stored != latest_.end()) latest = stored->second;
        if (std::tie(seen->result->slot, seen->result->attempt) > std::tie(latest.slot, latest.attempt)) latest = {seen->result->slot, seen->result->attempt};
    }
    settled(engine, deliberation);
}

void Referee::settled(const std::string& engine, const engine::Deliberation& deliberation) {
    const auto& timeline = deliberation.writes().timeline;
    for (auto& place = entries_[engine]; place < timeline.size(); ++place) judge_entry(engine, deliberation, timeline[place]);
}

void Referee::judge_entry(const std::string& engine, const engine::Deliberation& deliberation, const engine::TimelineRow& row) {
    const auto scope = deliberation.writes().incidents.at(row.incident).scope;
    const auto kind = row.entry.kind;
    trace_.line(engine, "{} incident {} seq {}{} ({})", sonde::name_of(kind), number_of(row.incident), row.entry.seq,
                row.entry.monitor ? " of " + label(*row.entry.monitor) : "", sonde::name_of(row.entry.reason));
    const bool tells = kind == decision::TimelineKind::opened || kind == decision::TimelineKind::monitor_joined;
    // A group stands in what is written with the entry.
    if (!row.entry.monitor && tells && plan_.group && json::parse(row.data)->contains("group")) {
        telling_[engine].push_back({MonitorId{plan_.group->id.value()}, scope, deliberation.now(), deliberation.now()});
    }
    if (!row.entry.monitor) return;
    const auto monitor = *row.entry.monitor;
    const auto* state = deliberation.state(monitor);
    if (tells) {
        Page page{monitor, scope, deliberation.now(), deliberation.now()};
        for (const auto& vote : state == nullptr ? std::vector<decision::Vote>{} : state->votes) {
            if (vote.verdict != check::Verdict::down) continue;
            page.failing_since = std::min(page.failing_since, vote.failing_since);
            const auto* voter = deliberation.definition(monitor)->voter(vote.region);
            if (voter != nullptr && voter->standing == decision::Standing::counts) page.seen_from.push_back(voter->name);
        }
        telling_[engine].push_back(page);
    }
    const auto* definition = deliberation.definition(monitor);
    if (scope != decision::Scope::outage || definition == nullptr) return;
    // What an ill region alone saw is taken back when it is quarantined.
    const bool explained = row.entry.reason == decision::Reason::quorum_recovered || (plan_.arbitrated && row.entry.reason == decision::Reason::region_quarantined);
    if (kind == decision::TimelineKind::monitor_left && !explained && !was_taken_off(monitor)) {
        found(Finding::false_resolve, fmt::format("{} left for {}", definition->name, sonde::name_of(row.entry.reason)));
    }
    if (state == nullptr) return;
    if (tells) {
        if (const auto doubt = doubt_of(engine, deliberation, *definition, true); !doubt.empty()) found(Finding::false_page, fmt::format("{}: {}", definition->name, doubt));
    }
    if (kind == decision::TimelineKind::monitor_left && row.entry.reason == decision::Reason::quorum_recovered) {
        if (const auto doubt = doubt_of(engine, deliberation, *definition, false); !doubt.empty()) found(Finding::false_resolve, fmt::format("{}: {}", definition->name, doubt));
    }
}

// Inside a window no advisory is opened.
void Referee::judge_advisories(const engine::Writes& writes) {
    for (const auto& row : writes.advisories) {
        if (row.closed || !plan_.surely_in_maintenance(row.monitor, row.site, row.advisory.opened_at)) continue;
        found(Finding::unsuppressed, label(row.monitor) + " has an advisory that was opened in maintenance");
    }
}

void Referee::committed(const std::string& engine, const engine::Writes& writes) {
    for (const auto& [key, latest] : deciding_[engine]) {
        auto& stored = latest_[key];
        if (std::tie(latest.slot, latest.attempt) > std::tie(stored.slot, stored.attempt)) stored = latest;
    }
    for (const auto& one : telling_[engine]) told_.push_back(one);
    judge_advisories(writes);
    for (const auto& row : writes.decisions) report_.uncovered += row.note.reason == decision::Reason::too_few_voters ? 1 : 0;
    for (const auto& [id, incident] : writes.incidents) {
        if (incident.scope == decision::Scope::outage) {
            affected_[incident.site].push_back({clockwork_.now(), incident.state == decision::IncidentState::resolved ? 0 : incident.affected_monitors});
        }
        for (const auto& member : incident.members) {
            auto& history = memberships_[{member.monitor, incident.scope}];
            const bool was_in = !history.empty() && history.back().in;
            const bool is_in = !member.left_at.has_value();
            // One that left an incident that is over may be in a newer one.
            const bool newest = is_in || incident.state != decision::IncidentState::resolved || (database_.incidents.contains(id) && database_.incidents.at(id).has(member.monitor));
            if (was_in != is_in && newest) history.push_back({clockwork_.now(), is_in});
            if (incident.state == decision::IncidentState::resolved && incident.resolved_by != "engine" && incident.scope == decision::Scope::outage && newest) {
                by_hand_[member.monitor].push_back(clockwork_.now());
            }
        }
    }
}

const std::vector<Membership>& Referee::membership(MonitorId monitor, decision::Scope scope) const { return memberships_.at({monitor, scope}); }

int Referee::affected_by(SiteId site, TimePoint at) const {
    int affected = 0;
    const auto found = affected_.find(site);
    for (const auto& one : found == affected_.end() ? std::vector<Affected>{} : found->second) {
        if (one.at > at) break;
        affected = one.monitors;
    }
    return affected;
}

const std::vector<TimePoint>& Referee::resolved_by_hand(MonitorId monitor) const { return by_hand_.at(monitor); }

}  // namespace sonde::simulation
