// /v1/regions: where checks run from. The name is the key.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

struct RegionDraft {
    std::string name;
    std::string title;
    std::string failure_domain;  // the name, where none is given: a domain of its own
    friend bool operator==(const RegionDraft&, const RegionDraft&) = default;
};

// Pure.
RegionDraft read_region(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_region(const RegionDraft& draft);

Endpoints region_endpoints();

}  // namespace sonde::controlplane
