// Cron expressions: crontab(5) of Vixie's cron and its successors.
//
// Five fields, minute hour day-of-month month day-of-week, or six with seconds before them; or a macro: @hourly @daily @midnight
// @weekly @monthly @yearly @annually. A field is a list of `*`, `n`, `a-b`, each with a step if it ends in `/n`; `a/n` is from a to the
// end. Months and weekdays have names, in any case; Sunday is 0 and 7. Besides, as in Quartz: `L`, `L-n` (n days before the last), `nW` (the
// working day nearest to day n, in the same month) and `LW` in day-of-month, `n#k` (the k-th in the month) and `nL` (the last) in
// day-of-week.
//
// If neither day-of-month nor day-of-week begins with `*`, a day that either names is meant; else both must name it.
//
// Where the clocks are changed, as cron does: if minute, hour or seconds begin with `*`, the expression follows the clock on the wall, which
// skips times and repeats others. Else it is of fixed times: those that are skipped run once, at the first instant after the gap, and those
// that come twice run the first time.
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/calendar/mistake.h"
#include "lib/calendar/pattern.h"

namespace sonde::calendar {

struct Cron {
    Pattern pattern;
    ClockChange clock_change = ClockChange::once_after_gap;
};

Result<Cron, Mistake> parse_cron(std::string_view text);

}  // namespace sonde::calendar
