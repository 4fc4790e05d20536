#include "lib/decision/definition.h"

#include <algorithm>

#include "lib/base/shard.h"

namespace sonde::decision {

void arrange_voters(Definition& definition) {
    std::sort(definition.voters.begin(), definition.voters.end(), [](const Voter& a, const Voter& b) { return a.id < b.id; });
    std::vector<std::string_view> domains;
    // Domains of excluded regions alone come last: they are none that could vote.
    for (const bool excluded : {false, true}) {
        for (auto& voter : definition.voters) {
            if ((voter.standing == Standing::excluded) != excluded) continue;
            auto found = std::find(domains.begin(), domains.end(), voter.domain);
            if (found == domains.end()) found = domains.insert(domains.end(), voter.domain);
            voter.domain_index = static_cast<int>(found - domains.begin());
        }
        if (!excluded) definition.domains = static_cast<int>(domains.size());
    }
    definition.voters_hash = 0;
    definition.standing_hash = 0;
    for (const auto& voter : definition.voters) {
        const auto id = static_cast<std::uint64_t>(voter.id);
        definition.voters_hash = stable_hash(definition.voters_hash ^ id);
        if (voter.standing == Standing::counts && !voter.pages) continue;
        const auto worth = id * 8 + static_cast<std::uint64_t>(voter.standing) * 2 + (voter.pages ? 1 : 0);
        definition.standing_hash = stable_hash(definition.standing_hash ^ worth);
    }
}

void follows(Definition& next, const Definition& before, TimePoint now) {
    const bool known = before.monitor == next.monitor && !before.voters.empty();
    next.quicker_since = known && next.freshness() < before.freshness() ? now : before.quicker_since;
}

void weigh_voters(Definition& definition, std::span<const IllRegion> ill) {
    for (auto& voter : definition.voters) {
        const auto vote = check::vote_of(definition.policy, voter.name);
        const auto found = std::find_if(ill.begin(), ill.end(), [&](const IllRegion& region) { return region.id == voter.id; });
        voter.pages = vote == check::RegionVote::page;
        voter.standing = vote == check::RegionVote::exclude ? Standing::excluded
                         : found != ill.end()               ? Standing::quarantined
                                                            : Standing::counts;
        voter.doubtful_since = found != ill.end() ? found->doubtful_since : TimePoint{};
    }
    arrange_voters(definition);
}

}  // namespace sonde::decision
