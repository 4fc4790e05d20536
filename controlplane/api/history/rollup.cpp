#include "controlplane/api/history/rollup.h"

#include <fmt/format.h>

#include <map>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/history/history_store.h"
#include "controlplane/history/accounting.h"

namespace sonde::controlplane::rollup_api {
namespace {

enum class Resolution : unsigned char { hour, day };

}  // namespace
}  // namespace sonde::controlplane::rollup_api

template <>
struct sonde::EnumNames<sonde::controlplane::rollup_api::Resolution> {
    static constexpr std::array<std::string_view, 2> names{"hour", "day"};
};

namespace sonde::controlplane::rollup_api {
namespace {

// All regions of the page's times. A time without a result has no row; states do not depend on there being one.
constexpr std::string_view kRollups = R"(
    select {0}::timestamptz, case when c.region_id = 0 then 'push' else coalesce(g.name, 'region-' || c.region_id) end,
           c.up, c.degraded, c.down, c.unknown, c.confirmations, c.min_us, c.max_us, c.sum_us, c.latencies
    from rollup_{0} c left join region g on g.id = c.region_id
    where c.monitor_id = $1 and c.{0} in (select distinct {0} from rollup_{0} {1} order by {0} desc limit {2}) {3}
    order by c.{0} desc)";

struct Item {
    history_store::Checks checks;
    Json regions = Json::array();
};

http::Response list(Backend& backend, const Call& call) {
    const auto id = path_id<MonitorId>(call, "monitor_id");
    Query query(call.request);
    const auto page = query.page("rollups", 1);
    const auto resolution = query.name<Resolution>("resolution").value_or(Resolution::hour);
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    const auto region = query.text("region", 32);
    query.finish();
    const auto unit = name_of(resolution);
    const auto length = resolution == Resolution::hour ? std::chrono::hours{1} : std::chrono::hours{24};
    Conditions conditions;
    conditions.add("monitor_id = ?", {id});
    if (from) conditions.add(fmt::format("{} >= ?::timestamptz", unit), {*from});
    if (to) conditions.add(fmt::format("{} < ?::timestamptz", unit), {*to});
    if (page.after) conditions.add(fmt::format("{} < ?::timestamptz", unit), {page.after->time(0)});
    const auto limit = conditions.bind(page.fetch());
    const auto only = region ? fmt::format("and case when c.region_id = 0 then 'push' else g.name end = {}", conditions.bind(*region)) : "";
    const auto sql = fmt::format(kRollups, unit, conditions.where(), limit, only);

    std::map<TimePoint, Item, std::greater<>> found;
    history::Timeline timeline;
    call.transact(backend, [&](db::Tx& tx) {
        const auto monitor = history_store::find_monitor(tx, id);
        if (!monitor) not_found("there is no such monitor");
        for (const auto row : tx.run_text(sql, conditions.params())) {
            auto& item = found[row.time(0)];
            const auto checks = history_store::read_checks(row, 2);
            auto of_region = history_store::write_checks(checks);
            of_region["region"] = row.text(1);
            item.regions.push_back(std::move(of_region));
            item.checks.add(checks);
        }
        if (!found.empty()) timeline = history_store::timelines(tx, {*monitor}, found.rbegin()->first, found.begin()->first + length).front();
    });
    const auto now = wall_now();
    std::vector<Json> items;
    std::vector<TimePoint> times;
    for (auto& [at, item] : found) {
        auto document = history_store::write_checks(item.checks);
        document["from"] = to_rfc3339(at);
        document["to"] = to_rfc3339(at + length);
        document["seconds"] = history::seconds_of(history::time_in(timeline, at, std::min<TimePoint>(at + length, now)));
        document["regions"] = std::move(item.regions);
        items.push_back(std::move(document));
        times.push_back(at);
    }
    return page_response(call.request, page, std::move(items),
                         [&times](std::size_t i) { return std::vector<Cursor::Value>{to_unix_ms(times[i])}; });
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/monitors/{monitor_id}/rollups", Permission::monitors_read, list}}; }

}  // namespace sonde::controlplane::rollup_api
