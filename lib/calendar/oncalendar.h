// Calendar events of systemd.time(7), `OnCalendar=`: `Mon..Fri *-*-* 09:00`, `*-02~03`, `*:0/15`, `weekly Europe/Berlin`.
//
// As systemd 252 reads and elapses them: local times that the clocks skip do not elapse, those that come twice elapse the first time, and the
// years are 1970 to 2199. Everything is in the day, so `1/3` among the days begins anew each month.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/calendar/mistake.h"
#include "lib/calendar/pattern.h"

namespace sonde::calendar {

struct OnCalendar {
    Pattern pattern;
    std::string normal_form;   // as `systemd-analyze calendar` prints it; reads back the same
    std::optional<Zone> zone;  // the one it names, which goes before any other
};

Result<OnCalendar, Mistake> parse_oncalendar(std::string_view text);

}  // namespace sonde::calendar
