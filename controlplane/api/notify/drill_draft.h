// What people set of fire drills: their reading and their documents. Pure.
#pragma once

#include <string>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct DrillDraft {
    std::string name;
    MonitorId monitor;
    ChannelId channel;
    std::string schedule;
    std::string time_zone = "UTC";
    milliseconds within{120'000};
    bool enabled = true;
    friend bool operator==(const DrillDraft&, const DrillDraft&) = default;
};

// Whether monitor and channel exist is not asked here.
DrillDraft read_drill(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_drill(const DrillDraft& draft);

}  // namespace sonde::controlplane
