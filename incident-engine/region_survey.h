// What an engine says of the regions, and what it makes of what the others say. Pure: no clock, no I/O; used by the simulation as it is.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "incident-engine/holdings.h"

namespace sonde::engine {

// What the monitors of one engine's shards say of a region.
struct RegionReport {
    decision::RegionId region{};
    int shards = 0;                        // that it speaks for
    bool asks = false;                     // the engine has a reason of its own, so that all others report too
    decision::Evidence evidence;           // for the arbiter
    std::optional<TimePoint> since;        // the newest outage that waits for the region; below, what was seen since then
    int failing = 0;
    int well = 0;
    std::optional<int> judgeable;          // Alibi::judgeable, of these shards; counted no further than to `min_sites`
    TimePoint at;                          // when it was made, by the reader's clock
};

// The region on which an outage rests that waits: the first that failed, or who else of its domain does if that is well again.
decision::RegionId rests_on(const decision::MonitorState& state);

// Not thread-safe. Where nothing fails it looks at no monitor.
class RegionSurvey {
public:
    RegionSurvey(const Holdings& holdings, decision::ArbitrationSettings settings) : holdings_(holdings), settings_(settings) {}

    // An outage waits for a region that was not reported on: others should hear of it at once.
    [[nodiscard]] bool presses() const;

    // Takes `others` for what all other engines say, and makes this one's reports, by region: on regions in doubt, on those that an outage waits
    // for, and on those that another engine asks about. `shards`: how many are this engine's.
    std::vector<RegionReport> report(std::vector<RegionReport> others, std::size_t shards, TimePoint now);

    // What was taken last may let an outage be told that waits, or let it wait for longer. True once.
    [[nodiscard]] bool brings_news();

    // Of a region that sees an outage alone, since `seen_at`. Counted anew twice a second at most.
    decision::Judgement judgement_on(decision::RegionId region, TimePoint seen_at, std::size_t shards, TimePoint now);

    void forget();

private:
    struct Known {
        decision::Alibi alibi;  // of this engine's monitors
        TimePoint since;        // of the sightings in it
        TimePoint counted_at;
    };
    struct Reason {
        decision::RegionId region{};
        bool asks = false;
        std::optional<TimePoint> since;
    };
    [[nodiscard]] std::vector<decision::RegionId> in_doubt(TimePoint now) const;
    [[nodiscard]] std::map<decision::RegionId, TimePoint> waited_for() const;
    [[nodiscard]] std::vector<Reason> reasons(TimePoint now) const;
    [[nodiscard]] std::size_t enough_sites() const { return static_cast<std::size_t>(std::max(settings_.min_sites, 1)); }
    void add_anchors(decision::RegionId region, decision::Evidence& evidence, TimePoint now) const;
    [[nodiscard]] Known count(decision::RegionId region, TimePoint since, TimePoint now) const;
    [[nodiscard]] decision::Alibi together(decision::RegionId region, const Known& known, std::size_t shards, TimePoint now) const;

    const Holdings& holdings_;
    const decision::ArbitrationSettings settings_;
    std::map<decision::RegionId, Known> known_;
    std::vector<RegionReport> others_;
    std::vector<decision::RegionId> reported_;  // the last time
    bool news_ = false;
};

}  // namespace sonde::engine
