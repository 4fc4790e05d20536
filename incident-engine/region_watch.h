// What the monitors of this engine's shards say of the regions they are checked from: told to whoever arbitrates while a region is in
// doubt, and asked at once where an outage rests on one domain alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "incident-engine/holdings.h"
#include "incident-engine/metrics.h"
#include "lib/db/db.h"

namespace sonde::engine {

// Of the worker's thread alone. Where nothing fails it looks at nothing but one small table, once a second.
class RegionWatch {
public:
    struct Options {
        std::string owner;
        bool enabled = true;
        decision::ArbitrationSettings settings;
    };
    RegionWatch(Options options, db::Pool& pool, const Holdings& holdings, Metrics& metrics);

    // Reports on the regions in doubt, if it is time. `shards`: how many are this engine's. Never throws for the database's sake: a report
    // that is not made is made a little later.
    void step(std::size_t shards);

    // Of a region that sees an outage alone, since `seen_at`.
    decision::Judgement judgement_on(decision::RegionId region, TimePoint seen_at, std::size_t shards, TimePoint now);

private:
    struct Reported {
        decision::RegionId region{};
        decision::Evidence evidence;
    };
    struct Known {
        decision::Alibi alibi;
        TimePoint since;   // of the sightings in it
        TimePoint counted_at;
    };
    std::vector<decision::RegionId> in_doubt_here(TimePoint now) const;
    std::vector<Reported> evidence_on(const std::vector<decision::RegionId>& regions, TimePoint now) const;
    void add_anchors(decision::RegionId region, decision::Evidence& evidence, TimePoint now) const;
    Known count(decision::RegionId region, TimePoint since, std::size_t shards, TimePoint now) const;

    const Options options_;
    db::Pool& pool_;
    const Holdings& holdings_;
    Metrics& metrics_;
    std::map<decision::RegionId, Known> known_;
    MonotonicPoint next_{};
    bool failing_ = false;
};

}  // namespace sonde::engine
