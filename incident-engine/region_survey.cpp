#include "incident-engine/region_survey.h"

#include <algorithm>
#include <unordered_set>

#include "lib/base/shard.h"

namespace sonde::engine {
namespace {

using decision::RegionId;
using decision::Sight;

constexpr milliseconds kReportCounts{4000};
constexpr milliseconds kAlibisKept{500};          // before they are counted anew
constexpr std::chrono::seconds kOutlineKept{30};  // how many sites a region could be judged by

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

// Of one region, from all monitors that are looked at.
struct Tally {
    std::size_t enough;  // sites for a judgement: more need not be counted
    decision::Census census = {};
    Sites seen = {};
    std::unordered_set<SiteId> judgeable = {};

    void add(const Watched& watched, RegionId region, bool census_too, std::optional<TimePoint> since, TimePoint now) {
        const auto& definition = watched.definition;
        const auto* voter = definition.voter(region);
        if (voter == nullptr || definition.heartbeat) return;
        if (census_too) census.add(definition.site, decision::compare(watched.state, definition, *voter, now));
        if (definition.activity != decision::Activity::active) return;
        if (since) seen.add(definition.site, decision::unrefuted(watched.state, definition, *voter, *since, now));
        if (judgeable.size() < enough && definition.domains > 1 && voter->standing != decision::Standing::excluded) judgeable.insert(definition.site);
    }
};

template <class Reports>
auto report_on(Reports& reports, RegionId region) {
    return std::find_if(reports.begin(), reports.end(), [region](const auto& one) { return one.region == region; });
}

}  // namespace

RegionId rests_on(const decision::MonitorState& state) {
    const auto* first = decision::find_vote(state.votes, state.suspicion->first);
    if (first != nullptr && first->verdict != check::Verdict::up) return first->region;
    for (const auto& vote : state.votes) {
        if (vote.verdict != check::Verdict::up) return vote.region;
    }
    return state.suspicion->first;
}

// A region is in doubt if a site fails there alone, or an anchor fails, or it is quarantined.
std::vector<RegionId> RegionSurvey::in_doubt(TimePoint now) const {
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

// What was seen since the newest of the failures that wait speaks for all of them.
std::map<RegionId, TimePoint> RegionSurvey::waited_for() const {
    std::map<RegionId, TimePoint> regions;
    for (const auto monitor : holdings_.held) {
        const auto& state = holdings_.monitors.at(monitor).state;
        if (!state.suspicion) continue;
        auto& since = regions.try_emplace(rests_on(state), state.suspicion->first_at).first->second;
        since = std::max(since, state.suspicion->first_at);
    }
    return regions;
}

bool RegionSurvey::presses() const {
    if (holdings_.held.empty()) return false;
    const auto waited = waited_for();
    return std::any_of(waited.begin(), waited.end(), [&](const auto& entry) {
        return std::find(reported_.begin(), reported_.end(), entry.first) == reported_.end();
    });
}

std::vector<RegionSurvey::Reason> RegionSurvey::reasons(TimePoint now) const {
    std::vector<Reason> reasons;
    const auto of = [&](RegionId region) {
        const auto there = report_on(reasons, region);
        return there != reasons.end() ? there : reasons.insert(there, Reason{region, false, {}});
    };
    for (const auto region : in_doubt(now)) of(region)->asks = true;
    for (const auto& [region, since] : waited_for()) {
        const auto reason = of(region);
        reason->asks = true;
        reason->since = since;
    }
    for (const auto& other : others_) {
        if (!other.asks) continue;
        const auto reason = of(other.region);
        if (other.since) reason->since = std::max(reason->since.value_or(*other.since), *other.since);
    }
    // Of one that was deleted meanwhile nothing is said.
    std::erase_if(reasons, [&](const Reason& reason) { return !holdings_.regions.all().contains(reason.region); });
    // In one order, for engines write the rows of one region side by side.
    std::sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) { return a.region < b.region; });
    return reasons;
}

void RegionSurvey::add_anchors(RegionId region, decision::Evidence& evidence, TimePoint now) const {
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

std::vector<RegionReport> RegionSurvey::report(std::vector<RegionReport> others, std::size_t shards, TimePoint now) {
    others_ = std::move(others);
    news_ = !holdings_.held.empty() && !others_.empty();
    const auto wanted = reasons(now);
    reported_.clear();
    std::vector<RegionReport> reports;
    if (wanted.empty()) return reports;
    std::vector<Tally> tallies(wanted.size(), Tally{enough_sites()});
    for (const auto& [monitor, watched] : holdings_.monitors) {
        for (std::size_t i = 0; i < wanted.size(); ++i) tallies[i].add(watched, wanted[i].region, true, wanted[i].since, now);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& [region, asks, since] = wanted[i];
        RegionReport report{region, static_cast<int>(shards), asks, tallies[i].census.count(settings_, now, holdings_.regions.all().at(region).health), since,
                            0, 0, static_cast<int>(tallies[i].judgeable.size()), now};
        tallies[i].seen.count(report.failing, report.well);
        add_anchors(region, report.evidence, now);
        reported_.push_back(region);
        reports.push_back(std::move(report));
    }
    return reports;
}

bool RegionSurvey::brings_news() { return std::exchange(news_, false); }

RegionSurvey::Known RegionSurvey::count(RegionId region, TimePoint since, TimePoint now) const {
    Tally tally{enough_sites()};
    for (const auto& [monitor, watched] : holdings_.monitors) tally.add(watched, region, false, since, now);
    Known known{{}, since, now};
    tally.seen.count(known.alibi.failing, known.alibi.well);
    known.alibi.judgeable = static_cast<int>(tally.judgeable.size());
    return known;
}

// Sightings of others count if they are of no earlier time. Until all shards were heard of, there may be more sites than are known.
decision::Alibi RegionSurvey::together(RegionId region, const Known& known, std::size_t shards, TimePoint now) const {
    auto alibi = known.alibi;
    const auto found = holdings_.regions.all().find(region);
    alibi.anchored = found != holdings_.regions.all().end() && !found->second.anchors.empty();
    auto heard = static_cast<int>(shards);
    if (heard == kShards) return alibi;
    auto sum = alibi;
    for (const auto& other : others_) {
        if (other.region != region || !other.judgeable || now - other.at >= kReportCounts) continue;
        heard += other.shards;
        sum.judgeable += *other.judgeable;
        if (!other.since || *other.since < known.since) continue;
        sum.failing += other.failing;
        sum.well += other.well;
    }
    // More than all: somebody has just taken shards over, and counts what another counted a moment ago.
    if (heard <= kShards) alibi = sum;
    alibi.complete = heard == kShards;
    return alibi;
}

decision::Judgement RegionSurvey::judgement_on(RegionId region, TimePoint seen_at, std::size_t shards, TimePoint now) {
    auto known = known_.find(region);
    const auto age = known == known_.end() ? milliseconds::max() : now - known->second.counted_at;
    if (age >= milliseconds{0} && age < kOutlineKept) {
        const auto alibi = together(region, known->second, shards, now);
        if (!decision::can_be_judged(alibi, settings_)) return decision::Judgement::well;
        if (age < kAlibisKept) return known->second.since >= seen_at ? decision::judge(alibi, settings_) : decision::Judgement::open;
    }
    auto since = seen_at;
    const auto waited = waited_for();
    if (const auto newest = waited.find(region); newest != waited.end()) since = std::max(since, newest->second);
    known = known_.insert_or_assign(region, count(region, since, now)).first;
    return decision::judge(together(region, known->second, shards, now), settings_);
}

void RegionSurvey::forget() {
    known_.clear();
    others_.clear();
    reported_.clear();
    news_ = false;
}

}  // namespace sonde::engine
