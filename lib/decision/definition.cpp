#include "lib/decision/definition.h"

#include <algorithm>

#include "lib/base/shard.h"

namespace sonde::decision {

void arrange_voters(Definition& definition) {
    std::sort(definition.voters.begin(), definition.voters.end(), [](const Voter& a, const Voter& b) { return a.id < b.id; });
    std::vector<std::string_view> domains;
    for (auto& voter : definition.voters) {
        auto found = std::find(domains.begin(), domains.end(), voter.domain);
        if (found == domains.end()) found = domains.insert(domains.end(), voter.domain);
        voter.domain_index = static_cast<int>(found - domains.begin());
    }
    definition.voters_hash = 0;
    for (const auto& voter : definition.voters) {
        definition.voters_hash = stable_hash(definition.voters_hash ^ static_cast<std::uint64_t>(voter.id));
    }
    definition.domains = static_cast<int>(domains.size());
}

}  // namespace sonde::decision
