// What a heartbeat monitor asks: nothing of a target, but to hear of a job in time.
#pragma once

#include <optional>

#include "lib/base/instant.h"
#include "lib/calendar/schedule.h"
#include "lib/check/endpoint.h"
#include "lib/json/reader.h"

namespace sonde::check {

// Either the period or the schedule is there.
struct HeartbeatSpec {
    milliseconds period{0};  // between two successes; 1 s to 366 d, 0 with a schedule
    std::optional<calendar::Schedule> schedule;  // cron or OnCalendar, in its time zone: when the job is to be heard of
    milliseconds grace{300'000};  // how late it may be; 1 s to 366 d
    milliseconds max_run{0};      // from start to finish, 1 s to 31 d; 0: the grace
    bool own_zone = false;        // the schedule's text names its time zone

    // When a job that was heard of at `last` is expected again; nothing if never.
    [[nodiscard]] std::optional<TimePoint> expected_after(TimePoint last) const {
        return schedule ? schedule->next_after(last) : std::optional(last + period);
    }
};

// As `read_spec`, `write_spec` and `endpoint_of`. It contacts nobody: the endpoint is empty.
void read(HeartbeatSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const HeartbeatSpec& spec);
Endpoint endpoint(const HeartbeatSpec& spec);

}  // namespace sonde::check
