#include "lib/decision/sighting.h"

#include <algorithm>

namespace sonde::decision {

Sighting sighting_of(const MonitorState& state, const Definition& definition, TimePoint now, int least_rank) {
    Sighting sighting{check::FailureClass::none, {}, now};
    struct Seen {
        check::FailureClass cause;
        int count;
        TimePoint since;
    };
    std::vector<Seen> seen;
    for (const auto& vote : state.votes) {
        if (rank(vote.verdict) < least_rank || !is_fresh(vote.taken_at, definition, now) || !definition.counts(vote.region)) continue;
        if (vote.region != kPushRegion) sighting.regions.push_back(vote.region);
        const auto at = std::find_if(seen.begin(), seen.end(), [&](const Seen& other) { return other.cause == vote.cause; });
        if (at == seen.end()) {
            seen.push_back({vote.cause, 1, vote.failing_since});
        } else {
            ++at->count;
            at->since = std::min(at->since, vote.failing_since);
        }
    }
    const auto best = std::max_element(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
        return a.count != b.count ? a.count < b.count : a.since > b.since;
    });
    if (best != seen.end()) sighting.cause = best->cause;
    for (const auto& one : seen) sighting.since = std::min(sighting.since, one.since);
    return sighting;
}

std::optional<Sighting> sighting_in(const MonitorState& state, const Definition& definition, TimePoint now, Scope scope) {
    const bool takes_part = scope == Scope::outage ? state.in_outage : state.in_warning && !state.in_outage;
    if (!takes_part) return std::nullopt;
    auto sighting = sighting_of(state, definition, now, least_rank(scope));
    if (sighting.cause == check::FailureClass::none) return std::nullopt;
    return sighting;
}

}  // namespace sonde::decision
