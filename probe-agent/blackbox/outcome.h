// What came of one scrape, before anybody thinks about it.
#pragma once

#include <memory>
#include <optional>

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "probe-agent/blackbox/module.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent::blackbox {

struct Outcome {
    std::shared_ptr<const Module> module;
    std::shared_ptr<const Target> target;  // null if it did not come so far
    TimePoint started_at;
    std::optional<net::Address> address;  // that was looked up; none where a proxy does that, or if there is none
    microseconds lookup{0};
    microseconds duration{0};  // of all, the look-up included
    check::Observation seen;   // with what failed, that of the look-up too
};

}  // namespace sonde::agent::blackbox
