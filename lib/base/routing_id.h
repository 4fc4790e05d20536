// Identifiers of what says who hears of what, and how.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct Route { static constexpr std::string_view prefix = "rte"; };
struct RouteOverride { static constexpr std::string_view prefix = "rov"; };
struct Digest { static constexpr std::string_view prefix = "dig"; };
struct Escalation { static constexpr std::string_view prefix = "esc"; };
}  // namespace id_tag

using RouteId = Id<id_tag::Route>;
using RouteOverrideId = Id<id_tag::RouteOverride>;
using DigestId = Id<id_tag::Digest>;  // one message about several things
using EscalationId = Id<id_tag::Escalation>;

}  // namespace sonde
