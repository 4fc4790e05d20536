#include "lib/decision/footing.h"

#include <algorithm>

#include "lib/decision/effect.h"
#include "lib/decision/quorum.h"

namespace sonde::decision {
namespace {

constexpr milliseconds kAnswerGrace{2000};  // for the way there and back

}  // namespace

Footing footing_of(const MonitorState& state) {
    Footing footing;
    footing.known = state.known;
    footing.counts = state.activity == Activity::active && state.covered && state.known != Known::pending;
    footing.suspected = state.activity == Activity::active && state.suspicion.has_value();
    if (const auto& withheld = state.muting->outage) {
        footing.quiet_only = withheld->by == Cover::quiet;
        footing.excused = !footing.quiet_only;
    }
    return footing;
}

std::optional<TimePoint> well_at(const MonitorState& state, const Definition& definition) {
    if (definition.heartbeat || definition.domains == 0 || !footing_of(state).counts) return std::nullopt;
    std::vector<std::optional<TimePoint>> domains(static_cast<std::size_t>(definition.domains));  // nothing: it has no region that votes
    for (const auto& voter : definition.voters) {
        if (voter.standing == Standing::counts) domains[static_cast<std::size_t>(voter.domain_index)] = TimePoint::min();
    }
    auto paging_well = TimePoint::max();
    for (const auto& vote : state.votes) {
        const auto* voter = definition.voter(vote.region);
        if (voter == nullptr || voter->standing != Standing::counts) continue;
        const bool well = vote.verdict != check::Verdict::down && !vote.backfilled;
        if (voter->pages) paging_well = std::min(paging_well, well ? vote.taken_at : TimePoint::min());
        auto& domain = *domains[static_cast<std::size_t>(voter->domain_index)];
        if (well) domain = std::max(domain, vote.taken_at);
    }
    std::vector<TimePoint> well;
    for (const auto& domain : domains) {
        if (domain) well.push_back(*domain);
    }
    if (well.empty()) return std::nullopt;
    const auto voting = static_cast<int>(well.size());
    const auto needed = std::clamp(needed_up(definition.policy.quorum, voting, definition.domains), 1, voting);
    std::sort(well.rbegin(), well.rend());
    return std::min(well[static_cast<std::size_t>(needed - 1)], paging_well);
}

Confirm everybody_now(const Definition& definition, TimePoint now) {
    Confirm confirm{now, {}};
    for (const auto& voter : definition.voters) {
        if (voter.standing == Standing::counts) confirm.asks.push_back({voter.id, 1, now, now + kAnswerGrace});
    }
    return confirm;
}

}  // namespace sonde::decision
