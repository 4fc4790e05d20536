#include "controlplane/api/apply/prune.h"

#include <fmt/format.h>

#include "controlplane/api/apply/item.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "controlplane/api/notify/schedule_override_store.h"

namespace sonde::controlplane::apply_api {
namespace {

// What refers to others goes before them; monitors before their site.
constexpr std::array<Kind, 14> kOrder{Kind::drill, Kind::status_page, Kind::route_override, Kind::route, Kind::escalation, Kind::schedule_override, Kind::schedule,
                                         Kind::dependency, Kind::group, Kind::maintenance, Kind::channel, Kind::monitor, Kind::site, Kind::region};

struct Orphan {
    std::string key;
    const Managed* row;
};

// What would go with a site that others made.
std::string monitor_left(db::Tx& tx, const Current& current) {
    Page page;
    page.limit = 1;
    MonitorFilter filter;
    filter.site_id = SiteId::parse(current.identifier);
    const auto left = monitor_store::list(tx, filter, Sorting{kMonitorOrder}, page).items;
    if (left.empty()) return {};
    return fmt::format("it has monitors that these files did not make, as {} \"{}\"", left.front().id.text(), left.front().draft.name);
}

// What would go with a schedule that others made. What is over goes with it.
std::string override_left(db::Tx& tx, const Current& current, TimePoint now) {
    Conditions conditions;
    conditions.add("o.schedule_id = ?", {ScheduleId::parse(current.identifier).value()});
    conditions.add("o.ends_at > ?", {now});
    const auto left = schedule_override_store::list(tx, conditions, 1);
    if (left.empty()) return {};
    return fmt::format("it has overrides that these files did not make, as {}", left.front().id.text());
}

// Why it cannot go; nothing if it can.
std::string obstacle(db::Tx& tx, const std::string& owner, Kind kind, const Current& current, TimePoint now) {
    if (const auto claims = managed_store::others(tx, owner, {{kind, current.identifier}}); !claims.empty()) {
        return fmt::format("the files of {} set fields of it", claims.begin()->second.owner);
    }
    if (kind == Kind::site) return monitor_left(tx, current);
    if (kind == Kind::schedule) return override_left(tx, current, now);
    return {};
}

}  // namespace

std::vector<Key> prune_or_tell(db::Tx& tx, const Stocks& stocks, const Request& request, const std::map<Key, Managed>& rows, const std::set<Key>& taken,
                               TimePoint now, Plan& plan, json::Problems& problems) {
    std::set<Key> wanted;
    for (const auto& one : request.wanted) wanted.emplace(one.kind, one.key);
    std::map<Kind, std::vector<Orphan>> orphans;
    for (const auto& [key, row] : rows) {
        if (!wanted.contains(key) && !taken.contains({key.first, row.resource})) orphans[key.first].push_back({key.second, &row});
    }
    std::vector<Key> gone;
    for (const auto kind : kOrder) {
        const auto found = orphans.find(kind);
        if (found == orphans.end()) continue;
        std::set<std::string> identifiers;
        for (const auto& orphan : found->second) identifiers.insert(orphan.row->resource);
        auto& stock = stocks.of(kind);
        const auto currents = stock.load(identifiers);
        for (const auto& [key, row] : found->second) {
            const auto current = currents.find(row->resource);
            if (current == currents.end()) {
                gone.emplace_back(kind, key);
                continue;
            }
            Step step{Action::orphan, kind, key, row->resource, title_of(current->second.document), {}, "no file has it any more"};
            if (is_over(kind, current->second.document, now)) {
                step.action = Action::release;
                step.reason = "it is over";
            } else if (request.prune && !row->made) {
                step.action = Action::release;
                step.reason = "it was there before the files";
            } else if (request.prune) {
                step.reason = obstacle(tx, request.owner, kind, current->second, now);
                step.action = step.reason.empty() ? Action::remove : Action::keep;
            }
            if (step.action == Action::remove) {
                try {
                    stock.remove(current->second);
                } catch (const http::ProblemError& error) {
                    problems.push_back({"", fmt::format("the {} {} cannot be removed: {}", name_of(kind), key, error.detail)});
                }
            }
            if (step.action == Action::remove || step.action == Action::release) gone.emplace_back(kind, key);
            plan.steps.push_back(std::move(step));
        }
    }
    return gone;
}

}  // namespace sonde::controlplane::apply_api
