// The account of slots, closed: a minute's misses are final once its results have had their time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/history/gap.h"
#include "controlplane/history/options.h"
#include "lib/db/db.h"

namespace sonde::history {

// What was closed of a region.
struct Closed {
    std::string region;
    std::int64_t expected = 0;
    std::int64_t executed = 0;
    std::int64_t late = 0;
    std::int64_t missed = 0;
    std::vector<Minute> minutes;  // in their order
};

// Minutes are closed five minutes after their begin, if the scheduler has come past them: a check may start late and take its whole time-out.
inline constexpr std::chrono::minutes kMinuteIsOver{5};

// Closes what can be closed, at most a day of it. By region.
std::vector<Closed> close_minutes(db::Tx& tx);
// Up to where minutes are closed; nothing if none ever were.
std::optional<TimePoint> closed_upto(db::Tx& tx);
// Folds the rows of writers into those of minutes of which no result can come any more. Returns whether there may be more to do.
bool fold_minutes(db::Tx& tx);
// Folds old minutes into hours.
bool fold_hours(db::Tx& tx, const HistoryOptions& options);

}  // namespace sonde::history
