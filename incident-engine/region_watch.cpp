#include "incident-engine/region_watch.h"

#include <algorithm>

#include "lib/base/shard.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;
using decision::RegionId;
using decision::Sight;

constexpr milliseconds kEvery{1000};
constexpr milliseconds kInDoubtEvery{500};
constexpr milliseconds kAlibisKept{500};        // before they are counted anew
constexpr std::chrono::seconds kOutlineKept{30}; // how many sites a region could be judged by

// Regions that any engine reports on, so that all do.
constexpr db::Statement kWanted{"region_report_wanted", R"sql(
select distinct region_id from region_report where at > now() - interval '5 seconds')sql"};

constexpr db::Statement kReport{"region_report_put", R"sql(
insert into region_report (region_id, engine, at, shards, alone, well, ill, healthy, anchors, anchors_failing)
select r.id, $2, now(), $3, $4::integer[], $5::integer[], $6, $7, $8, $9 from region r where r.id = $1
on conflict (region_id, engine) do update
set at = excluded.at, shards = excluded.shards, alone = excluded.alone, well = excluded.well, ill = excluded.ill, healthy = excluded.healthy,
    anchors = excluded.anchors, anchors_failing = excluded.anchors_failing)sql"};

// By the worst of its monitors.
class Sites {
public:
    void add(SiteId site, Sight sight) {
        if (sight != Sight::nothing) sights_.emplace_back(site, sight);
    }
    void count(int& failing, int& well) {
        std::sort(sights_.begin(), sights_.end());
        for (std::size_t i = 0; i < sights_.size(); ++i) {
            if (i + 1 < sights_.size() && sights_[i + 1].first == sights_[i].first) continue;
            ++(sights_[i].second == Sight::alone ? failing : well);
        }
    }

private:
    std::vector<std::pair<SiteId, Sight>> sights_;
};

}  // namespace

RegionWatch::RegionWatch(Options options, db::Pool& pool, const Holdings& holdings, Metrics& metrics)
    : options_(std::move(options)), pool_(pool), holdings_(holdings), metrics_(metrics) {}

// A region is in doubt if a site fails there alone, or an anchor fails, or it is quarantined.
std::vector<RegionId> RegionWatch::in_doubt_here(TimePoint now) const {
    std::vector<RegionId> regions;
    for (const auto& [id, region] : holdings_.regions.all()) {
        if (region.health.health == decision::Health::quarantined) {
            regions.push_back(id);
            continue;
        }
        decision::Evidence anchors;
        add_anchors(id, anchors, now);
        if (anchors.anchors_failing > 0) regions.push_back(id);
    }
    for (const auto monitor : holdings_.failing) {
        const auto& watched = holdings_.monitors.at(monitor);
        for (const auto& vote : watched.state.votes) {
            if (vote.verdict == check::Verdict::up || std::find(regions.begin(), regions.end(), vote.region) != regions.end()) continue;
            const auto* voter = watched.definition.voter(vote.region);
            if (voter == nullptr || decision::compare(watched.state, watched.definition, *voter, now).sight != Sight::alone) continue;
            regions.push_back(vote.region);
        }
    }
    return regions;
}

void RegionWatch::add_anchors(RegionId region, decision::Evidence& evidence, TimePoint now) const {
    const auto found = holdings_.regions.all().find(region);
    if (found == holdings_.regions.all().end()) return;
    for (const auto anchor : found->second.anchors) {
        const auto held = holdings_.monitors.find(anchor);
        if (held == holdings_.monitors.end()) continue;
        const auto sight = decision::anchor_of(held->second.state, held->second.definition, region, now);
        if (sight == decision::AnchorSight::nothing) continue;
        ++evidence.anchors;
        if (sight == decision::AnchorSight::failing) ++evidence.anchors_failing;
    }
}

std::vector<RegionWatch::Reported> RegionWatch::evidence_on(const std::vector<RegionId>& regions, TimePoint now) const {
    std::vector<decision::Census> censuses(regions.size());
    for (const auto& [monitor, watched] : holdings_.monitors) {
        if (watched.definition.heartbeat) continue;
        for (std::size_t i = 0; i < regions.size(); ++i) {
            const auto* voter = watched.definition.voter(regions[i]);
            if (voter == nullptr) continue;
            censuses[i].add(watched.definition.site, decision::compare(watched.state, watched.definition, *voter, now));
        }
    }
    std::vector<Reported> reported;
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const auto region = holdings_.regions.all().find(regions[i]);
        if (region == holdings_.regions.all().end()) continue;
        reported.push_back({regions[i], censuses[i].count(options_.settings, now, region->second.health)});
        add_anchors(regions[i], reported.back().evidence, now);
    }
    return reported;
}

void RegionWatch::step(std::size_t shards) {
    if (!options_.enabled || shards == 0 || Clock::now() < next_) return;
    next_ = Clock::now() + kEvery;
    const auto now = wall_now();
    try {
        pool_.transact([&](db::Tx& tx) {
            auto regions = in_doubt_here(now);
            for (const auto row : tx.run(kWanted)) {
                const auto region = static_cast<RegionId>(row.small(0));
                if (std::find(regions.begin(), regions.end(), region) == regions.end()) regions.push_back(region);
            }
            metrics_.regions_in_doubt.set(static_cast<double>(regions.size()));
            if (regions.empty()) return;
            next_ = Clock::now() + kInDoubtEvery;
            auto reports = evidence_on(regions, now);
            // In one order, for engines write the rows of one region side by side.
            std::sort(reports.begin(), reports.end(), [](const Reported& a, const Reported& b) { return a.region < b.region; });
            for (const auto& [region, evidence] : reports) {
                const std::vector<int> alone(evidence.alone.begin(), evidence.alone.end());
                const std::vector<int> well(evidence.well.begin(), evidence.well.end());
                tx.run(kReport, {static_cast<int>(region), options_.owner, static_cast<int>(shards), alone, well, evidence.ill, evidence.healthy,
                                 evidence.anchors, evidence.anchors_failing});
            }
        });
        if (std::exchange(failing_, false)) log::info("regions_reported_again");
    } catch (const db::DbError& error) {
        if (!std::exchange(failing_, true)) log::warning("regions_not_reported", "error", std::string_view{error.what()});
    }
}

RegionWatch::Known RegionWatch::count(RegionId region, TimePoint since, std::size_t shards, TimePoint now) const {
    Sites seen;
    Sites judgeable;
    for (const auto& [monitor, watched] : holdings_.monitors) {
        const auto& definition = watched.definition;
        const auto* voter = definition.voter(region);
        if (voter == nullptr || definition.heartbeat || definition.activity != decision::Activity::active) continue;
        seen.add(definition.site, decision::unrefuted(watched.state, definition, *voter, since, now));
        if (definition.domains > 1 && voter->standing != decision::Standing::excluded) judgeable.add(definition.site, Sight::well);
    }
    Known known{{}, since, now};
    seen.count(known.alibi.failing, known.alibi.well);
    int none = 0;
    judgeable.count(none, known.alibi.judgeable);
    // Sites are spread over the shards evenly.
    known.alibi.judgeable = known.alibi.judgeable * kShards / static_cast<int>(std::max<std::size_t>(shards, 1));
    const auto found = holdings_.regions.all().find(region);
    known.alibi.anchored = found != holdings_.regions.all().end() && !found->second.anchors.empty();
    return known;
}

decision::Judgement RegionWatch::judgement_on(RegionId region, TimePoint seen_at, std::size_t shards, TimePoint now) {
    if (!options_.enabled) return decision::Judgement::well;
    auto known = known_.find(region);
    const auto age = known == known_.end() ? milliseconds::max() : now - known->second.counted_at;
    const auto judge = [&] { return decision::judge(known->second.alibi, options_.settings); };
    if (age < kOutlineKept) {
        const bool judgeable = known->second.alibi.anchored || known->second.alibi.judgeable >= options_.settings.min_sites;
        if (!judgeable) return decision::Judgement::well;
        if (age < kAlibisKept && age >= milliseconds{0}) return known->second.since >= seen_at ? judge() : decision::Judgement::open;
    }
    // What was seen since the newest of the failures that wait speaks for all of them.
    auto since = seen_at;
    for (const auto monitor : holdings_.held) {
        const auto& other = holdings_.monitors.at(monitor).state.suspicion;
        if (other && other->first == region) since = std::max(since, other->first_at);
    }
    known = known_.insert_or_assign(region, count(region, since, shards, now)).first;
    return judge();
}

}  // namespace sonde::engine
