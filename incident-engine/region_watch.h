// Writes what this engine's monitors say of regions for the arbiter and the other engines, and reads what those say.
#pragma once

#include <string>

#include "incident-engine/metrics.h"
#include "incident-engine/region_survey.h"
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

    // Reports on the regions in doubt, if it is time. `shards`: how many are this engine's; `now`: that it decides on as of. True if outages that wait should be judged anew.
    // Never throws for the database's sake: a report that is not made is made a little later.
    bool step(std::size_t shards, TimePoint now);

    // Of a region that sees an outage alone, since `seen_at`.
    decision::Judgement judgement_on(decision::RegionId region, TimePoint seen_at, std::size_t shards, TimePoint now);

private:
    void exchange(db::Tx& tx, std::size_t shards, TimePoint now);

    const Options options_;
    db::Pool& pool_;
    Metrics& metrics_;
    RegionSurvey survey_;
    MonotonicPoint next_{};
    MonotonicPoint last_{};
    bool failing_ = false;
};

}  // namespace sonde::engine
