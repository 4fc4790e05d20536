// What people set of a group. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/decision/group.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct GroupDraft {
    SiteId site;  // whose incident it takes part in
    std::string name;
    int needed = 1;
    decision::Severity severity = decision::Severity::critical;
    bool pages = true;
    bool quiet_members = false;
    std::vector<MonitorId> members;
    friend bool operator==(const GroupDraft&, const GroupDraft&) = default;
};

GroupDraft read_group(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_group(const GroupDraft& draft);

}  // namespace sonde::controlplane
