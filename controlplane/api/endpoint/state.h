// The states of monitors, and the one word for several of them.
#pragma once

#include <array>
#include <string_view>

#include "lib/base/enum_name.h"

namespace sonde::controlplane {

// From the best to the worst: the state of a site is the worst of its monitors'. A paused one says nothing about the site.
enum class State : unsigned char { paused, up, pending, maintenance, unknown, degraded, down };

// What a monitor is shown as, in SQL over `m` (monitor), `s` (site) and `ms` (monitor_state, if there is one): pausing shows at
// once, before the engine has taken it over.
inline constexpr std::string_view kShownState =
    "case when m.paused or not m.enabled or not s.active then 'paused' else coalesce(nullif(ms.state, 'paused'), 'pending') end";

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::State> {
    static constexpr std::array<std::string_view, 7> names{"paused",  "up",       "pending", "maintenance",
                                                           "unknown", "degraded", "down"};
};
