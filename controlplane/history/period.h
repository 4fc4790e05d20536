// Calendar periods: what `2026-10` or `last_month` means on the clocks of a zone. Pure but for the zone's file.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/base/result.h"
#include "lib/calendar/zone.h"

namespace sonde::history {

struct Period {
    TimePoint from;
    TimePoint to;
    friend bool operator==(const Period&, const Period&) = default;
};

// A year `2026`, quarter `2026-Q3`, month `2026-10`, ISO week `2026-W41` or day `2026-10-07`, and `today`, `yesterday`, `this_week`, `last_week`,
// `this_month`, `last_month`, `this_quarter`, `last_quarter`, `this_year`, `last_year`, seen from `now`. From midnight to midnight of the zone; where
// clocks skip midnight, from their change on. The error follows the name of a parameter.
Result<Period> read_period(std::string_view text, const calendar::Zone& zone, TimePoint now);

// When a day begins on the clocks of a zone: at midnight, or where they skip it, at their change.
TimePoint midnight(std::chrono::local_days day, const calendar::Zone& zone);

}  // namespace sonde::history
