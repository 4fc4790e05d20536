// Identifiers of fire drills.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct Drill { static constexpr std::string_view prefix = "drl"; };
struct DrillRun { static constexpr std::string_view prefix = "drr"; };
}  // namespace id_tag

using DrillId = Id<id_tag::Drill>;
using DrillRunId = Id<id_tag::DrillRun>;

}  // namespace sonde
