#include "lib/decision/quorum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sonde::decision {
namespace {

constexpr int majority_of(int n) { return n / 2 + 1; }

// Votes of one domain's regions.
struct Domain {
    int fresh = 0;
    std::array<int, 3> counted{};  // by rank
};

// More than half of the domain's fresh regions; nothing if they are divided.
std::optional<check::Verdict> verdict_of(const Domain& domain) {
    const int half = domain.fresh / 2;
    if (domain.counted[2] > half) return check::Verdict::down;
    if (domain.counted[2] + domain.counted[1] > half) return check::Verdict::degraded;
    if (domain.counted[0] > half) return check::Verdict::up;
    return std::nullopt;
}

Outcome outcome_of(const Tally& tally, const check::Quorum& quorum) {
    if (tally.paging_down > 0) return Outcome::down;
    const bool few = tally.fresh < needed_fresh(quorum, tally.configured);
    if (!few && tally.down >= tally.needed) return Outcome::down;
    if (tally.paging_degraded > 0) return Outcome::degraded;
    if (few) return Outcome::too_few;
    if (tally.failing() >= tally.needed) return Outcome::degraded;
    if (tally.up >= needed_up(quorum, tally.fresh, tally.configured)) return Outcome::up;
    return Outcome::undecided;
}

}  // namespace

int needed_down(const check::Quorum& quorum, int fresh, int configured) {
    switch (quorum.rule) {
        case check::QuorumRule::majority: return majority_of(fresh);
        case check::QuorumRule::all: return std::max(fresh, 1);
        case check::QuorumRule::any: return 1;
        case check::QuorumRule::at_least: return std::clamp(quorum.at_least, 1, std::max(configured, 1));
    }
    return majority_of(fresh);
}

int needed_up(const check::Quorum& quorum, int fresh, int configured) {
    return std::max(majority_of(fresh), fresh - needed_down(quorum, fresh, configured) + 1);
}

int needed_fresh(const check::Quorum& quorum, int configured) {
    switch (quorum.rule) {
        case check::QuorumRule::majority:
        case check::QuorumRule::all: return majority_of(configured);
        case check::QuorumRule::any:
        case check::QuorumRule::at_least: return needed_down(quorum, configured, configured);
    }
    return majority_of(configured);
}

Tally tally_round(const std::vector<Vote>& votes, const Definition& definition, TimePoint now, Slot after) {
    constexpr std::size_t kInline = 16;
    std::array<Domain, kInline> few{};
    std::vector<Domain> many;
    Domain* domains = few.data();
    if (static_cast<std::size_t>(definition.domains) > kInline) {
        many.resize(static_cast<std::size_t>(definition.domains));
        domains = many.data();
    }
    Tally tally;
    for (const auto& vote : votes) {
        if (!is_fresh(vote.taken_at, definition, now)) continue;
        const auto* voter = definition.voter(vote.region);
        if (voter == nullptr || voter->standing != Standing::counts) continue;
        auto& domain = domains[voter->domain_index];
        ++domain.fresh;
        if (vote.slot > after) ++domain.counted[static_cast<std::size_t>(rank(vote.verdict))];
        if (!voter->pages) continue;
        ++tally.paging;
        if (vote.slot <= after) continue;
        ++(vote.verdict == check::Verdict::down ? tally.paging_down : vote.verdict == check::Verdict::degraded ? tally.paging_degraded : tally.paging_up);
    }
    tally.configured = definition.domains;
    for (int i = 0; i < definition.domains; ++i) {
        if (domains[i].fresh == 0) continue;
        ++tally.fresh;
        const auto verdict = verdict_of(domains[i]);
        if (!verdict) continue;
        if (*verdict == check::Verdict::down) ++tally.down;
        if (*verdict == check::Verdict::degraded) ++tally.degraded;
        if (*verdict == check::Verdict::up) ++tally.up;
    }
    tally.needed = needed_down(definition.policy.quorum, tally.fresh, tally.configured);
    tally.outcome = outcome_of(tally, definition.policy.quorum);
    return tally;
}

Tally tally(const std::vector<Vote>& votes, const Definition& definition, TimePoint now) {
    return tally_round(votes, definition, now, Slot::min());
}

bool confirms_in_place(const Definition& definition) {
    return needed_down(definition.policy.quorum, definition.domains, definition.domains) == 1;
}

bool confirms_in_place(const Definition& definition, RegionId first) {
    if (confirms_in_place(definition)) return true;
    const auto* voter = definition.voter(first);
    return voter != nullptr && voter->pages;
}

std::string describe(const Tally& tally) {
    if (tally.paging_down > 0 && tally.down < tally.needed) return fmt::format("{}/{} down, one is enough", tally.down, tally.fresh);
    if (tally.outcome == Outcome::too_few) return fmt::format("{}/{} fresh", tally.fresh, tally.configured);
    if (tally.failing() == 0) return fmt::format("{}/{} up", tally.up, tally.fresh);
    if (tally.down == 0) return fmt::format("{}/{} degraded, {} needed", tally.degraded, tally.fresh, tally.needed);
    if (tally.degraded == 0) return fmt::format("{}/{} down, {} needed", tally.down, tally.fresh, tally.needed);
    return fmt::format("{}/{} down and {} degraded, {} needed", tally.down, tally.fresh, tally.degraded, tally.needed);
}

}  // namespace sonde::decision
