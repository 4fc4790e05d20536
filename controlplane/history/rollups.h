// Hours and days of each monitor and region, from its results.
#pragma once

#include "controlplane/history/options.h"
#include "lib/db/db.h"

namespace sonde::history {

// Each does the next bounded part of its work, which is whole whatever happens: what was computed and how far that goes are one transaction,
// the given one. A part is computed from the results as they are, so that doing it again does no harm. Returns whether there may be more to do.

// Of the oldest hour not yet done, once it has long been over, some more monitors.
bool roll_up_hours(db::Tx& tx, const HistoryOptions& options);
// Hours (and their days, if those are done) of which results came late.
bool roll_up_again(db::Tx& tx, const HistoryOptions& options);
// Of the oldest day not yet done whose hours all are, some more monitors.
bool roll_up_days(db::Tx& tx, const HistoryOptions& options);

}  // namespace sonde::history
