#include "lib/decision/arbitration.h"

#include <algorithm>

namespace sonde::decision {
namespace {

constexpr int kAlibis = 3;  // sites seen well that make a region believable

// What regions of other domains have seen since the region's failure began.
struct Witnesses {
    int better = 0;
    int same = 0;
};

Witnesses witnesses_of(const MonitorState& state, const Definition& definition, const Voter& voter, const Vote& failing, TimePoint now) {
    Witnesses witnesses;
    for (const auto& vote : state.votes) {
        const auto* other = definition.voter(vote.region);
        if (other == nullptr || other->standing != Standing::counts || other->domain == voter.domain) continue;
        if (vote.taken_at < failing.failing_since || !is_fresh(vote.taken_at, definition, now)) continue;
        // Who became well in a later slot than the region has looked at saw the same as it till then: after an outage that all saw, one region's results may be the last to come.
        const bool better = rank(vote.verdict) < rank(failing.verdict) && vote.well_from <= failing.slot;
        ++(better ? witnesses.better : witnesses.same);
    }
    return witnesses;
}

const Vote* fresh_vote(const MonitorState& state, const Definition& definition, RegionId region, TimePoint now) {
    if (state.activity != Activity::active || definition.activity != Activity::active) return nullptr;
    const auto* vote = find_vote(state.votes, region);
    return vote != nullptr && is_fresh(vote->taken_at, definition, now) ? vote : nullptr;
}

bool anchors_fail(const Evidence& evidence) { return evidence.anchors_failing * 2 > evidence.anchors; }

bool sites_fail(const Evidence& evidence, const ArbitrationSettings& settings) {
    for (int k = 0; k < kLookBacks; ++k) {
        const int alone = evidence.alone[static_cast<std::size_t>(k)];
        const int all = alone + evidence.well[static_cast<std::size_t>(k)];
        if (alone >= settings.min_sites && alone >= settings.share * all) return true;
    }
    return false;
}

RegionCase quarantine(RegionCase region, Ground ground, const ArbitrationSettings& settings, TimePoint now) {
    region.health = Health::quarantined;
    region.ground = ground;
    region.since = now;
    region.doubtful_since = now - settings.window;
    region.well_since.reset();
    region.spared_until = {};
    return region;
}

RegionCase release(RegionCase region, Ground ground, TimePoint now) {
    region.health = Health::voting;
    region.ground = ground;
    region.since = now;
    region.doubtful_since = {};
    region.well_since.reset();
    return region;
}

}  // namespace

Comparison compare(const MonitorState& state, const Definition& definition, const Voter& voter, TimePoint now) {
    if (voter.standing == Standing::excluded) return {};
    const auto* vote = fresh_vote(state, definition, voter.id, now);
    if (vote == nullptr || vote->backfilled) return {};
    if (rank(vote->verdict) == 0) return {Sight::well, vote->taken_at};
    const auto witnesses = witnesses_of(state, definition, voter, *vote, now);
    if (witnesses.better <= witnesses.same) return {};
    return {Sight::alone, vote->failing_since};
}

AnchorSight anchor_of(const MonitorState& state, const Definition& definition, RegionId region, TimePoint now) {
    const auto* vote = fresh_vote(state, definition, region, now);
    const auto* voter = definition.voter(region);
    if (vote == nullptr || voter == nullptr || vote->backfilled) return AnchorSight::nothing;
    if (vote->verdict != check::Verdict::down) return AnchorSight::well;
    if (vote->taken_at <= vote->failing_since) return AnchorSight::nothing;  // it is looked at again first
    const auto witnesses = witnesses_of(state, definition, *voter, *vote, now);
    return witnesses.same > 0 && witnesses.same >= witnesses.better ? AnchorSight::nothing : AnchorSight::failing;
}

Evidence& Evidence::operator+=(const Evidence& other) {
    for (std::size_t k = 0; k < alone.size(); ++k) {
        alone[k] += other.alone[k];
        well[k] += other.well[k];
    }
    ill += other.ill;
    healthy += other.healthy;
    anchors += other.anchors;
    anchors_failing += other.anchors_failing;
    return *this;
}

void Census::add(SiteId site, const Comparison& comparison) {
    if (comparison.sight != Sight::nothing) comparisons_.emplace_back(site, comparison);
}

Evidence Census::count(const ArbitrationSettings& settings, TimePoint now, const RegionCase& region) {
    // The worst and newest of each site comes last.
    std::sort(comparisons_.begin(), comparisons_.end(), [](const auto& a, const auto& b) {
        if (a.first != b.first) return a.first < b.first;
        return std::pair(a.second.sight, a.second.at) < std::pair(b.second.sight, b.second.at);
    });
    Evidence evidence;
    for (std::size_t i = 0; i < comparisons_.size(); ++i) {
        if (i + 1 < comparisons_.size() && comparisons_[i + 1].first == comparisons_[i].first) continue;
        const auto& [sight, at] = comparisons_[i].second;
        auto& counts = sight == Sight::alone ? evidence.alone : evidence.well;
        for (int k = 0; k < kLookBacks; ++k) {
            if (at >= now - look_back(settings, k)) ++counts[static_cast<std::size_t>(k)];
        }
        if (region.health != Health::quarantined) continue;
        if (sight == Sight::alone && at >= region.doubtful_since) ++evidence.ill;
        if (sight == Sight::well && at >= region.since) ++evidence.healthy;
    }
    return evidence;
}

RegionCase arbitrate(RegionCase region, const Evidence& evidence, const ArbitrationSettings& settings, TimePoint now) {
    if (region.health == Health::voting) {
        if (now < region.spared_until) return region;
        if (anchors_fail(evidence)) return quarantine(std::move(region), Ground::anchors_failing, settings, now);
        if (sites_fail(evidence, settings)) return quarantine(std::move(region), Ground::sites_failing_alone, settings, now);
        return region;
    }
    if (region.ground == Ground::by_request) return region;
    const int seen = evidence.ill + evidence.healthy;
    const bool well = evidence.healthy > 0 && evidence.ill <= settings.release_share * seen && !anchors_fail(evidence);
    if (!well) {
        region.well_since.reset();
    } else if (!region.well_since) {
        region.well_since = now;
    }
    if (!region.well_since || now - *region.well_since < settings.release_after) return region;
    return release(std::move(region), Ground::well_again, now);
}

RegionCase quarantine_by_hand(RegionCase region, const ArbitrationSettings& settings, TimePoint now) {
    const bool already = region.health == Health::quarantined;
    const auto since = region.since;
    const auto doubtful_since = region.doubtful_since;
    region = quarantine(std::move(region), Ground::by_request, settings, now);
    if (already) {
        region.since = since;
        region.doubtful_since = doubtful_since;
    }
    return region;
}

RegionCase release_by_hand(RegionCase region, const ArbitrationSettings& settings, TimePoint now) {
    region = release(std::move(region), Ground::by_request, now);
    region.spared_until = now + settings.spared;
    return region;
}

Sight unrefuted(const MonitorState& state, const Definition& definition, const Voter& voter, TimePoint since, TimePoint now) {
    const auto* vote = fresh_vote(state, definition, voter.id, now);
    if (vote == nullptr || vote->taken_at < since || vote->backfilled || voter.standing == Standing::excluded) return Sight::nothing;
    if (rank(vote->verdict) == 0) return Sight::well;
    const auto witnesses = witnesses_of(state, definition, voter, *vote, now);
    return witnesses.same > witnesses.better ? Sight::nothing : Sight::alone;
}

bool can_be_judged(const Alibi& alibi, const ArbitrationSettings& settings) {
    return alibi.anchored || !alibi.complete || alibi.judgeable >= settings.min_sites;
}

Judgement judge(const Alibi& alibi, const ArbitrationSettings& settings) {
    if (!can_be_judged(alibi, settings)) return Judgement::well;
    const bool much = alibi.failing >= settings.share * (alibi.failing + alibi.well);
    if (alibi.well >= kAlibis && !much) return Judgement::well;
    return alibi.failing >= 2 && much ? Judgement::doubtful : Judgement::open;
}

}  // namespace sonde::decision
