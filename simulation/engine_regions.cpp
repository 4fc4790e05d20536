// What an engine thinks of the regions: as incident-engine/region_watch.cpp and arbiter.cpp.
#include <algorithm>

#include "simulation/engine.h"
#include "simulation/referee.h"

namespace sonde::simulation {
namespace {

constexpr milliseconds kEvery{500};
constexpr milliseconds kReportCounts{4000};
constexpr milliseconds kPatience{3000};     // for the engines that have not reported
constexpr milliseconds kArbiterLease{4000};
constexpr milliseconds kAlibisKept{500};
constexpr const char* kArbiter = "task/arbiter";

decision::RegionId id_of(std::size_t region) { return static_cast<decision::RegionId>(region + 1); }

// By the worst of its monitors.
void note(std::map<SiteId, decision::Sight>& sites, SiteId site, decision::Sight sight) {
    if (sight == decision::Sight::nothing) return;
    auto& there = sites.try_emplace(site, sight).first->second;
    there = std::max(there, sight);
}

}  // namespace

void Engine::keep_regions() {
    if (!world_.plan.arbitrated || held_.empty() || now() < next_report_) return;
    next_report_ = now() + kEvery;
    auto& database = world_.database;
    database.reach(*this);
    report_regions();
    const auto leases = database.hold(*this, owner_, {kArbiter}, 1, kArbiterLease);
    if (!leases.empty()) arbitrate(leases.front());
}

// Of those in doubt: of the others there is nothing to be said.
void Engine::report_regions() {
    for (std::size_t region = 0; region < world_.plan.regions.size(); ++region) {
        decision::Census census;
        for (const auto& [monitor, watched] : holdings_.monitors) {
            const auto* voter = watched.definition.voter(id_of(region));
            if (voter != nullptr) census.add(watched.definition.site, decision::compare(watched.state, watched.definition, *voter, now()));
        }
        const auto& health = holdings_.regions.all().at(id_of(region)).health;
        world_.database.region_reports[{region, owner_}] = {now(), held_.size(), census.count({}, now(), health)};
    }
}

void Engine::arbitrate(const Lease& lease) {
    auto& database = world_.database;
    database.fence(owner_, {lease});
    for (std::size_t region = 0; region < world_.plan.regions.size(); ++region) {
        decision::Evidence sum;
        std::size_t shards = 0;
        for (const auto& [key, report] : database.region_reports) {
            if (key.first != region || report.at <= now() - kReportCounts) continue;
            sum += report.evidence;
            shards += report.shards;
        }
        // More than all: one has just taken shards over, and the other's report of them is not old enough yet.
        if (shards > static_cast<std::size_t>(kShards)) continue;
        if (shards == static_cast<std::size_t>(kShards)) {
            reports_missing_since_.erase(region);
        } else if (now() - reports_missing_since_.try_emplace(region, now()).first->second < kPatience) {
            continue;
        }
        auto& there = database.region_health[region];
        const auto before = there.health;
        there = decision::arbitrate(there, sum, {}, now());
        if (there.health == before) continue;
        world_.trace.line(name(), "{} is {} ({})", world_.plan.regions[region].name, name_of(there.health), name_of(there.ground));
        database.region_edges.push_back({now(), region, there.health});
    }
}

void Engine::read_health() {
    const auto& database = world_.database;
    if (region_edge_ == database.region_edges.size()) return;
    region_edge_ = database.region_edges.size();
    for (std::size_t region = 0; region < database.region_health.size(); ++region) holdings_.regions.set_health(id_of(region), database.region_health[region]);
    for (auto& [monitor, watched] : holdings_.monitors) {
        const auto before = watched.definition.standing_hash;
        decision::weigh_voters(watched.definition, holdings_.regions.ill());
        if (watched.definition.standing_hash != before) batch_.reread.push_back(monitor);
    }
    for (auto& [monitor, watched] : holdings_.relations.remote) decision::weigh_voters(watched.definition, holdings_.regions.ill());
}

decision::Alibi Engine::count_alibis(decision::RegionId region, TimePoint since) const {
    std::map<SiteId, decision::Sight> seen;
    std::set<SiteId> judgeable;
    for (const auto& [monitor, watched] : holdings_.monitors) {
        const auto& definition = watched.definition;
        const auto* voter = definition.voter(region);
        if (voter == nullptr || definition.activity != decision::Activity::active) continue;
        note(seen, definition.site, decision::unrefuted(watched.state, definition, *voter, since, now()));
        if (definition.domains > 1 && voter->standing != decision::Standing::excluded) judgeable.insert(definition.site);
    }
    decision::Alibi alibi;
    for (const auto& [site, sight] : seen) ++(sight == decision::Sight::alone ? alibi.failing : alibi.well);
    alibi.judgeable = static_cast<int>(judgeable.size()) * kShards / static_cast<int>(std::max<std::size_t>(held_.size(), 1));
    return alibi;
}

decision::Judgement Engine::judgement_on(decision::RegionId region, TimePoint seen_at) {
    auto known = alibis_.find(region);
    if (known != alibis_.end() && now() - known->second.counted_at < kAlibisKept) {
        return known->second.since >= seen_at ? decision::judge(known->second.alibi, {}) : decision::Judgement::open;
    }
    // What was seen since the newest of the failures that wait speaks for all of them.
    auto since = seen_at;
    for (const auto monitor : holdings_.held) {
        const auto& other = holdings_.monitors.at(monitor).state.suspicion;
        if (other && other->first == region) since = std::max(since, other->first_at);
    }
    alibis_[region] = {count_alibis(region, since), since, now()};
    return decision::judge(alibis_[region].alibi, {});
}

// Outages that one domain alone sees: told if its region is well, and left waiting if it may not be.
void Engine::judge_held(engine::Deliberation& deliberation) {
    std::vector<MonitorId> waiting(holdings_.held.begin(), holdings_.held.end());
    waiting.insert(waiting.end(), deliberation.held().begin(), deliberation.held().end());
    for (const auto monitor : waiting) {
        const auto* state = deliberation.state(monitor);
        if (state == nullptr || !state->suspicion || !state->suspicion->held_since) continue;
        auto region = state->suspicion->first;
        const auto* first = decision::find_vote(state->votes, region);
        if (first == nullptr || first->verdict == check::Verdict::up) {
            for (const auto& vote : state->votes) {
                if (vote.verdict != check::Verdict::up) region = vote.region;
            }
        }
        const auto judgement = judgement_on(region, state->suspicion->first_at);
        world_.trace.line(name(), "{} waits for the judgement of {}: {}", world_.referee.label(monitor), holdings_.regions.name_of(region), static_cast<int>(judgement));
        if (judgement != decision::Judgement::open) deliberation.judged(monitor, judgement == decision::Judgement::well);
    }
}

}  // namespace sonde::simulation
