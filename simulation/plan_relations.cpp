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

using decision::node_of;

// Where the monitors of a site begin: they follow each other.
std::size_t first_of(const Plan& plan, SiteId site) {
    const auto found = std::find_if(plan.monitors.begin(), plan.monitors.end(), [&](const PlannedMonitor& monitor) { return monitor.site == site; });
    return static_cast<std::size_t>(found - plan.monitors.begin());
}

void plan_group(Dice& dice, Plan& plan) {
    const auto size = dice.between(2, 3);
    if (plan.monitors.size() < 3) return;
    const auto first = static_cast<std::size_t>(dice.between(0, static_cast<std::int64_t>(plan.monitors.size()) - size));
    PlannedGroup group;
    group.id = GroupId{static_cast<std::int64_t>(dice.roll() >> 2U)};
    group.site = plan.monitors[first].site;
    group.needed = static_cast<int>(dice.between(1, size));
    // A group may be of a site without its members, and a window about that is about the group alone.
    if (dice.chance(0.5)) {
        group.site = SiteId{static_cast<std::int64_t>(dice.roll() >> 2U)};
        if (dice.chance(0.7)) group.needed = static_cast<int>(size);
        PlannedWindow window{WindowId{static_cast<std::int64_t>(dice.roll() >> 2U)}, {}, {group.site}, {}};
        WindowVersion version{plan.start - std::chrono::hours{1}, dice.between(plan.start, plan.start + (plan.calm - plan.start) / 2), {}};
        version.to = std::min(version.from + dice.between(milliseconds{60'000}, seconds{400}), plan.calm);
        window.versions.push_back(version);
        if (!plan.windows.empty() && dice.chance(0.8)) plan.windows.push_back(std::move(window));  // where there is maintenance at all
    }
    group.pages = dice.chance(0.85);
    group.quiet = dice.chance(0.3);
    for (std::size_t i = first; i < first + static_cast<std::size_t>(size); ++i) group.members.push_back(plan.monitors[i].id);
    plan.group = std::move(group);
}

// A node of monitors before `end` only.
decision::Node some_parent(Dice& dice, const Plan& plan, std::size_t end) {
    const auto& monitor = plan.monitors[static_cast<std::size_t>(dice.between(0, static_cast<std::int64_t>(end) - 1))];
    const auto kind = dice.between(0, 9);
    if (kind >= 8 && plan.group) {
        const auto is_before = [&](const PlannedMonitor& one) { return one.id == plan.group->members.back(); };
        if (std::any_of(plan.monitors.begin(), plan.monitors.begin() + static_cast<std::ptrdiff_t>(end), is_before)) return node_of(plan.group->id);
    }
    if (kind >= 6 && monitor.site != plan.monitors[end].site) return node_of(monitor.site);
    return node_of(monitor.id);
}

WindowVersion some_version(Dice& dice, const Plan& plan, TimePoint earliest) {
    WindowVersion version;
    version.from = dice.between(earliest, plan.calm - seconds{30});
    version.to = std::min(version.from + dice.between(milliseconds{20'000}, seconds{300}), plan.calm);
    if (!dice.chance(0.5)) return version;
    // A rule goes by whole seconds.
    version.from = std::chrono::ceil<seconds>(version.from);
    version.every = std::chrono::minutes{dice.between(1, 4)};
    version.to = version.from + std::min(dice.between(milliseconds{20'000}, seconds{100}), version.every - seconds{15});
    const auto fit = (plan.calm - version.to) / version.every + 1;
    if (version.to > plan.calm) version.deleted = true;
    version.times = static_cast<int>(std::clamp<std::int64_t>(fit, 1, dice.between(2, 5)));
    return version;
}

// It is moved, becomes another, is ended now or made longer, or is deleted.
void edit_window(Dice& dice, const Plan& plan, PlannedWindow& window) {
    const auto times = dice.between(1, 2);
    auto at = plan.start;
    for (std::int64_t i = 0; i < times; ++i) {
        at += dice.between(seconds{20}, seconds{200});
        if (at > plan.calm - seconds{40}) return;
        auto version = window.versions.back();
        const auto kind = dice.between(0, 9);
        if (kind < 5) {
            version = some_version(dice, plan, at - seconds{60});
        } else if (kind < 8 && version.every.count() == 0 && version.from < at) {
            version.to = kind == 5 ? at : std::min(std::max(version.to, at) + dice.between(milliseconds{10'000}, seconds{100}), plan.calm);
        } else {
            version.deleted = true;
        }
        version.said = at;
        window.versions.push_back(version);
    }
}

std::string label(const Plan& plan, decision::Node node) {
    if (node.kind == decision::NodeKind::group) return "group";
    if (node.kind == decision::NodeKind::site) return fmt::format("site {:x}", node.id & 0xffff);
    for (const auto& monitor : plan.monitors) {
        if (monitor.id.value() == node.id) return monitor.name;
    }
    return "?";
}

}  // namespace

std::vector<std::pair<TimePoint, TimePoint>> WindowVersion::occurrences() const {
    std::vector<std::pair<TimePoint, TimePoint>> all;
    for (int i = 0; i < times && !deleted; ++i) all.emplace_back(from + every * i, to + every * i);
    return all;
}

bool WindowVersion::covers(TimePoint at) const {
    const auto all = occurrences();
    return std::any_of(all.begin(), all.end(), [at](const auto& one) { return one.first <= at && at < one.second; });
}

bool PlannedWindow::covers(MonitorId monitor, SiteId site, TimePoint at, bool surely) const {
    if (!has(sites, site) && !has(monitors, monitor)) return false;
    // The newest that was said, and those that may still be gone by.
    for (std::size_t i = versions.size(); i-- > 0;) {
        if (versions[i].said > at && i > 0) continue;
        if (versions[i].covers(at) != surely) return !surely;
        if (at >= versions[i].said + kWindowKnown) break;
    }
    return surely;
}

bool Plan::surely_in_maintenance(MonitorId monitor, SiteId site, TimePoint at) const {
    return std::any_of(windows.begin(), windows.end(), [&](const PlannedWindow& window) { return window.covers(monitor, site, at, true); });
}

bool Plan::maybe_in_maintenance(MonitorId monitor, SiteId site, TimePoint at) const {
    return std::any_of(windows.begin(), windows.end(), [&](const PlannedWindow& window) { return window.covers(monitor, site, at, false); });
}

std::vector<TimePoint> Plan::edges_of_windows() const {
    std::vector<TimePoint> instants;
    for (const auto& window : windows) {
        for (const auto& version : window.versions) {
            instants.insert(instants.end(), {version.said, version.said + kWindowKnown});
            for (const auto& [from, to] : version.occurrences()) instants.insert(instants.end(), {from, to});
        }
    }
    std::erase_if(instants, [this](TimePoint at) { return at <= start || at >= end; });
    return instants;
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
        window.versions.push_back(some_version(dice, plan, plan.start - seconds{60}));
        window.versions.back().said = plan.start - std::chrono::hours{1};
        if (dice.chance(0.4)) edit_window(dice, plan, window);
        plan.windows.push_back(std::move(window));
    }
}

void plan_ill_region(Dice& dice, Plan& plan) {
    for (const auto* name : {"af", "ap", "eu"}) {
        const bool there = std::any_of(plan.regions.begin(), plan.regions.end(), [&](const PlannedRegion& region) { return region.name == name; });
        if (!there) plan.regions.push_back({name, name, 1});
    }
    for (auto& region : plan.regions) region.domain = region.name;
    for (auto& monitor : plan.monitors) {
        monitor.site = SiteId{static_cast<std::int64_t>(dice.roll() >> 2U)};
        monitor.interval = dice.pick(std::vector{seconds{5}, seconds{10}, seconds{20}});
        monitor.timeout = std::min<milliseconds>(monitor.timeout, seconds{4});
        monitor.rotates = false;
        monitor.regions.clear();
        monitor.policy.quorum.rule = dice.chance(0.5) ? check::QuorumRule::any : check::QuorumRule::majority;
    }
    // Too few sites to tell that a region is ill by, but for its anchors.
    const bool anchored = dice.chance(0.4);
    if (anchored) {
        for (auto& monitor : plan.monitors) {
            monitor.site = plan.monitors[0].site;
            monitor.policy.quorum.rule = check::QuorumRule::majority;
        }
        plan.illnesses.clear();  // whatever fails in a site tells against a region that sees no other
    }
    // Whoever is well by himself tells that the region is ill.
    const auto well = plan.monitors.size() - static_cast<std::size_t>(kSitesToArbitrate);
    std::erase_if(plan.illnesses, [well](const Illness& illness) { return illness.monitor >= well; });
    Spell spell{Fault::ill_region, {}, {}, dice.pick(plan.regions).name};
    spell.from = dice.between(plan.start + seconds{60}, std::max(plan.start + seconds{60}, plan.calm - seconds{160}));
    spell.to = std::min(spell.from + dice.between(milliseconds{90'000}, seconds{150}), plan.calm);
    for (auto& region : plan.regions) {
        if (!anchored || region.name != spell.whom) continue;
        for (std::size_t i = well; i < plan.monitors.size() && region.anchors.size() < 3; ++i) region.anchors.push_back(plan.monitors[i].id);
    }
    plan.spells.push_back(std::move(spell));
    plan.arbitrated = true;
    plan.end = std::max(plan.end, plan.calm + kReleased + seconds{60});
}

void plan_dependencies(Dice& dice, Plan& plan) {
    plan_group(dice, plan);
    const auto count = dice.between(2, 4);
    for (std::int64_t i = 0; i < count && plan.monitors.size() > 1; ++i) {
        auto end = static_cast<std::size_t>(dice.between(1, static_cast<std::int64_t>(plan.monitors.size()) - 1));
        PlannedEdge edge;
        edge.child = node_of(plan.monitors[end].id);
        if (const auto first = first_of(plan, plan.monitors[end].site); first > 0 && dice.chance(0.25)) {
            edge.child = node_of(plan.monitors[end].site);
            end = first;
        }
        edge.parent = some_parent(dice, plan, end);
        const bool there = std::any_of(plan.edges.begin(), plan.edges.end(), [&](const PlannedEdge& one) { return one.child == edge.child && one.parent == edge.parent; });
        if (!there) plan.edges.push_back(edge);
    }
}

void describe_relations(const Plan& plan, std::vector<std::string>& lines) {
    for (const auto& window : plan.windows) {
        std::vector<std::string> about;
        for (const auto& monitor : plan.monitors) {
            if (has(window.monitors, monitor.id)) about.push_back(monitor.name);
        }
        for (const auto site : window.sites) about.push_back(fmt::format("site {:x}", site.value() & 0xffff));
        for (const auto& version : window.versions) {
            std::string when = version.deleted ? " never" : fmt::format(" {}..{}", moment(plan, version.from), moment(plan, version.to));
            if (version.times > 1 && !version.deleted) when += fmt::format(", {} times every {} min", version.times, version.every / std::chrono::minutes{1});
            const bool edited = version.said > plan.start;
            lines.push_back(fmt::format("maintenance{} of {}{}", when, fmt::join(about, " "), edited ? fmt::format(", as said at {}", moment(plan, version.said)) : ""));
        }
    }
    if (plan.group) {
        std::vector<std::string> members;
        for (const auto member : plan.group->members) members.push_back(label(plan, node_of(member)));
        lines.push_back(fmt::format("group of site {:x}: {} of {}{}{}", plan.group->site.value() & 0xffff, plan.group->needed, fmt::join(members, " "),
                                    plan.group->pages ? "" : ", does not page", plan.group->quiet ? ", speaks for them" : ""));
    }
    for (const auto& edge : plan.edges) lines.push_back(fmt::format("{} depends on {}", label(plan, edge.child), label(plan, edge.parent)));
}

}  // namespace sonde::simulation
