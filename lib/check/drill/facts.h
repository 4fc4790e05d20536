// What a drill saw: that a probe took it up.
#pragma once

#include "lib/json/json.h"

namespace sonde::check {

struct DrillFacts {
    static constexpr const char* name = "drill";
};

Json write(const DrillFacts& facts, bool full);

}  // namespace sonde::check
