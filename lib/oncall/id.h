// Identifiers of schedules and of who takes over for a while.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct Schedule { static constexpr std::string_view prefix = "sch"; };
struct ScheduleOverride { static constexpr std::string_view prefix = "sov"; };
}  // namespace id_tag

using ScheduleId = Id<id_tag::Schedule>;
using ScheduleOverrideId = Id<id_tag::ScheduleOverride>;

}  // namespace sonde
