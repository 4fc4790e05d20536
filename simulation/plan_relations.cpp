#include "simulation/plan_relations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sonde::simulation {
namespace {

template <class T>
bool has(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

bool PlannedWindow::covers(MonitorId monitor, SiteId site, TimePoint at) const {
    return from <= at && at < to && (has(sites, site) || has(monitors, monitor));
}

bool Plan::in_maintenance(MonitorId monitor, SiteId site, TimePoint at) const {
    return std::any_of(windows.begin(), windows.end(), [&](const PlannedWindow& window) { return window.covers(monitor, site, at); });
}

void plan_windows(Dice& dice, Plan& plan) {
    const auto count = dice.between(1, 2);
    for (std::int64_t i = 0; i < count; ++i) {
        PlannedWindow window;
        window.id = WindowId{static_cast<std::int64_t>(dice.roll() >> 2U)};
        const auto& about = dice.pick(plan.monitors);
        if (dice.chance(0.5)) {
            window.sites.push_back(about.site);
        } else {
            window.monitors.push_back(about.id);
        }
        // Some that are open at the start, and some that end with the last fault.
        window.from = dice.between(plan.start - seconds{60}, plan.calm - seconds{30});
        window.to = std::min(window.from + dice.between(milliseconds{20'000}, seconds{300}), plan.calm);
        plan.windows.push_back(std::move(window));
    }
}

void describe_relations(const Plan& plan, std::vector<std::string>& lines) {
    for (const auto& window : plan.windows) {
        std::vector<std::string> about;
        for (const auto& monitor : plan.monitors) {
            if (has(window.monitors, monitor.id)) about.push_back(monitor.name);
        }
        for (const auto site : window.sites) about.push_back(fmt::format("site {:x}", site.value() & 0xffff));
        lines.push_back(fmt::format("maintenance {}..{} of {}", moment(plan, window.from), moment(plan, window.to), fmt::join(about, " ")));
    }
}

}  // namespace sonde::simulation
