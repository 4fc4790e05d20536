// What a drill asks: nothing of a target, but to fail on command, so that the way of a page can be rehearsed.
#pragma once

#include <optional>

#include "lib/base/instant.h"
#include "lib/check/endpoint.h"
#include "lib/json/reader.h"

namespace sonde::check {

struct DrillSpec {
    std::optional<TimePoint> fails_until;  // nothing: it passes
};

// As `read_spec`, `write_spec` and `endpoint_of`. It contacts nobody: the endpoint is empty.
void read(DrillSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const DrillSpec& spec);
Endpoint endpoint(const DrillSpec& spec);

}  // namespace sonde::check
