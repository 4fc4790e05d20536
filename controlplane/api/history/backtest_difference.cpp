#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/history/backtest.h"
#include "lib/base/duration.h"

namespace sonde::controlplane {
namespace {

using decision::ReplayedIncident;

bool overlap(TimePoint a_from, TimePoint a_to, TimePoint b_from, TimePoint b_to) { return a_from <= b_to && b_from <= a_to; }

// A page is the opening of an outage within the range.
bool pages(const ReplayedIncident& would, TimePoint from) {
    return would.incident.scope == decision::Scope::outage && would.incident.opened_at >= from;
}
bool pages(const RealIncident& really, TimePoint from) { return really.scope == "outage" && really.from >= from; }

Json later_by(const std::optional<TimePoint>& would, const std::optional<TimePoint>& really) {
    return would && really ? Json((*would - *really).count()) : Json(nullptr);
}

std::string in_words(milliseconds later) {
    if (later == milliseconds{0}) return "at the same time";
    return fmt::format("{} {}", format_duration(later < milliseconds{0} ? -later : later), later < milliseconds{0} ? "earlier" : "later");
}

}  // namespace

Json difference_of(const std::vector<ReplayedIncident>& would, const std::vector<RealIncident>& really, TimePoint from, TimePoint to) {
    Json pairs = Json::array();
    Json missed = Json::array();
    Json added = Json::array();
    Json sentences = Json::array();
    std::vector<bool> taken(would.size(), false);
    int saved = 0;
    int more = 0;
    for (const auto& real : really) {
        // The first that overlaps and is no other's; one outage that the other policy would have cut into several is the first of them.
        std::size_t found = would.size();
        for (std::size_t i = 0; i < would.size() && found == would.size(); ++i) {
            const auto& incident = would[i].incident;
            if (taken[i] || name_of(incident.scope) != real.scope) continue;
            if (overlap(incident.opened_at, incident.resolved_at.value_or(to), real.from, real.to.value_or(to))) found = i;
        }
        const auto id = real.document["id"];
        if (found == would.size()) {
            missed.push_back(id);
            if (pages(real, from)) ++saved;
            sentences.push_back(fmt::format("{} would not have opened.", id.get<std::string>()));
            continue;
        }
        taken[found] = true;
        const auto& incident = would[found].incident;
        const auto opened_later = incident.opened_at - real.from;
        pairs.push_back({{"incident_id", id}, {"would", found}, {"opened_later_by_ms", opened_later.count()},
                         {"resolved_later_by_ms", later_by(incident.resolved_at, real.to)}});
        sentences.push_back(fmt::format("{} would have opened {}.", id.get<std::string>(), in_words(opened_later)));
    }
    for (std::size_t i = 0; i < would.size(); ++i) {
        if (taken[i]) continue;
        added.push_back(i);
        if (pages(would[i], from)) ++more;
        sentences.push_back(fmt::format("\"{}\" would have opened at {}, where nothing did.", would[i].incident.title,
                                        to_rfc3339(would[i].incident.opened_at)));
    }
    if (sentences.empty()) sentences.push_back("Nothing opened, and nothing would have.");
    return {{"pages_saved", saved}, {"pages_added", more}, {"pairs", std::move(pairs)}, {"missed", std::move(missed)},
            {"added", std::move(added)}, {"sentences", std::move(sentences)}};
}

}  // namespace sonde::controlplane
