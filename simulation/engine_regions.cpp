// What an engine thinks of the regions: its real survey, on models of the reports, of their ways and of the arbiter.
#include <algorithm>

#include "simulation/engine.h"
#include "simulation/referee.h"

namespace sonde::simulation {
namespace {

constexpr milliseconds kEvery{1000};
constexpr milliseconds kInDoubtEvery{500};
constexpr milliseconds kReportCounts{4000};
constexpr milliseconds kPatience{3000};     // for the engines that have not reported
constexpr milliseconds kArbiterEvery{500};
constexpr milliseconds kArbiterLease{4000};
constexpr const char* kArbiter = "task/arbiter";

decision::RegionId id_of(std::size_t region) { return static_cast<decision::RegionId>(region + 1); }

}  // namespace

void Engine::keep_regions() {
    if (!world_.plan.arbitrated || held_.empty()) return;
    if (now() >= next_report_ || survey_.presses()) report_regions();
    if (now() < next_arbitration_) return;
    next_arbitration_ = now() + kArbiterEvery;
    auto& database = world_.database;
    database.reach(*this);
    const auto leases = database.hold(*this, owner_, {kArbiter}, 1, kArbiterLease);
    if (!leases.empty()) arbitrate(leases.front());
}

void Engine::report_regions() {
    auto& rows = world_.database.region_reports;
    world_.database.reach(*this);
    std::vector<engine::RegionReport> others;
    for (const auto& [key, report] : rows) {
        if (key.second == owner_ || report.at <= now() - kReportCounts) continue;
        others.push_back(report);
        others.back().at = clock_.now() - (now() - report.at);
    }
    auto reports = survey_.report(std::move(others), held_.size(), clock_.now());
    for (auto& report : reports) {
        report.at = now();
        rows[{report.region, owner_}] = report;
    }
    next_report_ = now() + (reports.empty() ? kEvery : kInDoubtEvery);
    batch_.judge = survey_.brings_news();
}

void Engine::arbitrate(const Lease& lease) {
    auto& database = world_.database;
    database.fence(owner_, {lease});
    for (std::size_t region = 0; region < world_.plan.regions.size(); ++region) {
        decision::Evidence sum;
        int shards = 0;
        for (const auto& [key, report] : database.region_reports) {
            if (key.first != id_of(region) || report.at <= now() - kReportCounts) continue;
            sum += report.evidence;
            shards += report.shards;
        }
        // More than all: one has just taken shards over, and the other's report of them is not old enough yet.
        if (shards > kShards) continue;
        if (shards == 0 || shards == kShards) {
            reports_missing_since_.erase(region);
            if (shards == 0) continue;
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

// Outages that one domain alone sees: told if its region is well, and left waiting if it may not be.
void Engine::judge_held(engine::Deliberation& deliberation) {
    std::vector<MonitorId> waiting(holdings_.held.begin(), holdings_.held.end());
    waiting.insert(waiting.end(), deliberation.held().begin(), deliberation.held().end());
    for (const auto monitor : waiting) {
        const auto* state = deliberation.state(monitor);
        if (state == nullptr || !state->suspicion || !state->suspicion->held_since) continue;
        const auto region = engine::rests_on(*state);
        const auto judgement = survey_.judgement_on(region, state->suspicion->first_at, held_.size(), clock_.now());
        world_.trace.line(name(), "{} waits for the judgement of {}: {}", world_.referee.label(monitor), holdings_.regions.name_of(region), static_cast<int>(judgement));
        if (judgement != decision::Judgement::open) deliberation.judged(monitor, judgement == decision::Judgement::well);
    }
}

}  // namespace sonde::simulation
