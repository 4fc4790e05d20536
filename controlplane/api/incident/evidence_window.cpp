#include "controlplane/api/incident/evidence_window.h"

#include <algorithm>

namespace sonde::controlplane {
namespace {

constexpr std::chrono::hours kLookBack{24};

struct Vote {
    std::string region;
    bool failing = false;
    std::optional<TimePoint> slot;
};

std::string field_of(const Json& vote, std::string_view field) {
    const auto found = vote.find(field);
    return found != vote.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<Vote> read_votes(const Json& votes) {
    std::vector<Vote> read;
    for (const auto& item : votes) {
        if (!item.is_object() || field_of(item, "region").empty()) continue;
        const auto verdict = field_of(item, "verdict");
        Vote vote{field_of(item, "region"), verdict == "down" || verdict == "degraded", from_rfc3339(field_of(item, "slot"))};
        if (!vote.failing || vote.slot) read.push_back(std::move(vote));
    }
    return read;
}

}  // namespace

EvidenceWindows evidence_windows(const Json& votes, milliseconds interval) {
    EvidenceWindows found;
    const auto read = read_votes(votes);
    std::optional<TimePoint> earliest;
    for (const auto& vote : read) {
        if (!vote.failing) continue;
        earliest = earliest ? std::min(*earliest, *vote.slot) : *vote.slot;
        found.decisive = found.decisive ? std::max(*found.decisive, *vote.slot) : *vote.slot;
    }
    if (!found.decisive) return found;
    for (const auto& vote : read) {
        const auto since = vote.failing ? *found.decisive - kLookBack : *earliest - interval;
        found.windows.push_back({vote.region, vote.failing, since, *found.decisive});
    }
    return found;
}

}  // namespace sonde::controlplane
