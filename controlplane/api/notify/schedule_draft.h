// What people set of schedules and of their overrides: their reading and their documents. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/json/reader.h"
#include "lib/oncall/plan.h"

namespace sonde::controlplane {

struct ScheduleDraft {
    std::string name;
    std::string time_zone = "UTC";
    std::vector<oncall::Layer> layers;
    friend bool operator==(const ScheduleDraft&, const ScheduleDraft&) = default;
};

struct ScheduleOverrideDraft {
    UserId user;
    TimePoint from;
    TimePoint to;  // exclusive
    friend bool operator==(const ScheduleOverrideDraft&, const ScheduleOverrideDraft&) = default;
};

// Whether users exist is not asked here.
ScheduleDraft read_schedule(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_schedule(const ScheduleDraft& draft);
ScheduleOverrideDraft read_schedule_override(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_schedule_override(const ScheduleOverrideDraft& draft);

}  // namespace sonde::controlplane
