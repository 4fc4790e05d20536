// What a job can be held back by though there are places.
#pragma once

#include "lib/base/enum_name.h"

namespace sonde::agent {

enum class Bound : unsigned char { kind, site, host };

}  // namespace sonde::agent

template <>
struct sonde::EnumNames<sonde::agent::Bound> {
    static constexpr std::array<std::string_view, 3> names{"kind", "site", "host"};
};
