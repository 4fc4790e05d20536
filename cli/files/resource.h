// Resources as files have them, on their way from YAML to the API and back.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json/json.h"

namespace sonde::cli::files {

struct Resource {
    std::string kind;   // as the API names it: `site`
    std::string key;    // `shop`; of a monitor `shop/home`
    std::string adopt;  // an identifier; empty: none
    Json set = Json::object();
    std::vector<std::string> notes;  // for comments above it
};

// The sections of a file, each with the kind of what is in it.
struct Section {
    std::string_view name;
    std::string_view kind;
};
inline constexpr std::array<Section, 14> kSections{Section{"regions", "region"},           Section{"channels", "channel"},
                                                  Section{"sites", "site"},               Section{"monitors", "monitor"},
                                                  Section{"groups", "group"},             Section{"dependencies", "dependency"},
                                                  Section{"maintenance", "maintenance"}, Section{"schedules", "schedule"},
                                                  Section{"schedule_overrides", "schedule_override"}, Section{"escalations", "escalation"},
                                                  Section{"routes", "route"},             Section{"route_overrides", "route_override"},
                                                  Section{"status_pages", "status_page"}, Section{"drills", "drill"}};

// Durations are written `interval: 30s` where the API has `interval_ms: 30000`: of these.
inline constexpr std::array<std::string_view, 15> kDurations{"interval", "timeout", "grace",  "period", "max_run", "wait",
                                                             "delay",    "duration", "window", "calm",   "max_rtt", "degraded_rtt",
                                                             "after",    "every",    "within"};

// Whether the members of a map of this name are the author's own and no fields of ours.
bool is_map_of_names(std::string_view field);

}  // namespace sonde::cli::files
