// Identifiers of who is admitted to the bus.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct Agent { static constexpr std::string_view prefix = "agt"; };
struct JoinToken { static constexpr std::string_view prefix = "jtk"; };
}  // namespace id_tag

using AgentId = Id<id_tag::Agent>;
using JoinTokenId = Id<id_tag::JoinToken>;

}  // namespace sonde
