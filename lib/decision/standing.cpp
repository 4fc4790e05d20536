#include "lib/decision/standing.h"

#include <algorithm>

#include "lib/decision/effect.h"
#include "lib/decision/quorum.h"

namespace sonde::decision {
namespace {

constexpr milliseconds kAnswerGrace{2000};  // for the way there and back

}  // namespace

Standing standing_of(const MonitorState& state) {
    Standing standing;
    standing.known = state.known;
    standing.counts = state.activity == Activity::active && state.covered && state.known != Known::pending;
    standing.suspected = state.activity == Activity::active && state.suspicion.has_value();
    if (const auto& withheld = state.muting.outage) {
        standing.quiet_only = withheld->by == Cover::quiet;
        standing.excused = !standing.quiet_only;
    }
    return standing;
}

std::optional<TimePoint> well_at(const MonitorState& state, const Definition& definition) {
    if (definition.heartbeat || definition.domains == 0 || !standing_of(state).counts) return std::nullopt;
    std::vector<TimePoint> well(static_cast<std::size_t>(definition.domains), TimePoint::min());
    for (const auto& vote : state.votes) {
        const auto* voter = definition.voter(vote.region);
        if (voter == nullptr || vote.verdict == check::Verdict::down || vote.backfilled) continue;
        auto& domain = well[static_cast<std::size_t>(voter->domain_index)];
        domain = std::max(domain, vote.taken_at);
    }
    const auto needed = std::clamp(needed_up(definition.policy.quorum, definition.domains, definition.domains), 1, definition.domains);
    std::sort(well.rbegin(), well.rend());
    return well[static_cast<std::size_t>(needed - 1)];
}

Confirm everybody_now(const Definition& definition, TimePoint now) {
    Confirm confirm{now, {}};
    for (const auto& voter : definition.voters) confirm.asks.push_back({voter.id, 1, now, now + kAnswerGrace});
    return confirm;
}

}  // namespace sonde::decision
