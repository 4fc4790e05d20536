// The identifier of status pages.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct StatusPage { static constexpr std::string_view prefix = "stp"; };
}  // namespace id_tag

using StatusPageId = Id<id_tag::StatusPage>;

}  // namespace sonde
