// Identifiers of what stands between monitors: maintenance windows, dependencies, groups.
#pragma once

#include "lib/base/id.h"

namespace sonde {

namespace id_tag {
struct Window { static constexpr std::string_view prefix = "mnt"; };
struct Dependency { static constexpr std::string_view prefix = "dep"; };
struct Group { static constexpr std::string_view prefix = "grp"; };
}  // namespace id_tag

using WindowId = Id<id_tag::Window>;
using DependencyId = Id<id_tag::Dependency>;
using GroupId = Id<id_tag::Group>;

}  // namespace sonde
