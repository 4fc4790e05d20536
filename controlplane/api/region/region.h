// /v1/regions: where checks run from. The name is the key.
#pragma once

#include <string>
#include <vector>

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/base/id.h"

namespace sonde::controlplane {

struct RegionDraft {
    std::string name;
    std::string title;
    std::string failure_domain;  // the name, where none is given: a domain of its own
    std::vector<MonitorId> anchors;  // monitors whose failure from there means that the region is ill
    friend bool operator==(const RegionDraft&, const RegionDraft&) = default;
};

// Pure.
RegionDraft read_region(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_region(const RegionDraft& draft);

// `{"comment": …}`, or nothing: what a person may say to what the engine is asked to do.
std::string read_optional_comment(const Call& call);
// 503: it is written down, and will be done.
http::Response unanswered_command(std::string_view why, std::string_view what);

}  // namespace sonde::controlplane

namespace sonde::controlplane::region_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::region_api
