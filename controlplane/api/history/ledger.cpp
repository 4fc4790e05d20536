#include "controlplane/api/history/ledger.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"

namespace sonde::controlplane::ledger_api {
namespace {

enum class Resolution : unsigned char { minute, hour };

}  // namespace
}  // namespace sonde::controlplane::ledger_api

template <>
struct sonde::EnumNames<sonde::controlplane::ledger_api::Resolution> {
    static constexpr std::array<std::string_view, 2> names{"minute", "hour"};
};

namespace sonde::controlplane::ledger_api {
namespace {

// A check may start late and then take its whole timeout: only after this is what is missing certainly missed. A minute that was closed keeps
// its misses; what came since is told beside them.
constexpr std::string_view kMinutes = R"(
    select a.minute, a.region, a.expected, case when c.minute is null then a.executed else c.executed end, coalesce(c.late, a.late), a.skipped,
           case when c.minute is null then a.missed else c.missed end,
           case when c.minute is null then 0 else greatest(a.executed - c.executed, 0) end,
           a.minute < now() - interval '4 minutes', c.minute is not null
    from slot_account a left join slot_minute c on c.minute = a.minute and c.region = a.region )";

constexpr std::string_view kHours = R"(
    select minute, region, expected, executed, late, skipped, missed, recovered, minute < now() - interval '64 minutes',
           minute + interval '1 hour' <= coalesce((select upto from history_cursor where name = 'ledger'), '-infinity')
    from (select minute, region, sum(expected) as expected, sum(executed) as executed, sum(late) as late, sum(skipped) as skipped,
                 sum(missed) as missed, sum(recovered) as recovered
          from (select hour as minute, region, expected, executed, late, skipped, missed, recovered from slot_hour
                union all
                select date_trunc('hour', a.minute), a.region, a.expected, case when c.minute is null then a.executed else c.executed end, coalesce(c.late, a.late),
                       a.skipped, case when c.minute is null then a.missed else c.missed end,
                       case when c.minute is null then 0 else greatest(a.executed - c.executed, 0) end
                from slot_account a left join slot_minute c on c.minute = a.minute and c.region = a.region
                {}) parts
          group by minute, region) hours )";

Json present(const db::Row& row, Resolution resolution) {
    Json document;
    document[std::string(name_of(resolution))] = to_rfc3339(row.time(0));
    document["region"] = row.text(1);
    document["expected"] = row.whole(2);
    document["executed"] = row.whole(3);
    document["late"] = row.whole(4);
    document["skipped"] = row.whole(5);
    document["missed"] = row.whole(6);
    document["recovered"] = row.whole(7);
    document["complete"] = row.boolean(8);
    document["final"] = row.boolean(9);
    return document;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("ledger", 2);
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    const auto region = query.region("region");
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    const auto resolution = query.name<Resolution>("resolution").value_or(Resolution::minute);
    query.finish();
    const bool minutes = resolution == Resolution::minute;
    const std::string minute = minutes ? "a.minute" : "minute";
    const std::string of_region = minutes ? "a.region" : "region";
    Conditions conditions;
    if (from) conditions.add(minute + " >= ?::timestamptz", {minutes ? *from : std::chrono::floor<std::chrono::hours>(*from)});
    if (to) conditions.add(minute + " < ?::timestamptz", {*to});
    if (!from && !to) conditions.add(minute + " >= now() - interval '1 day'");
    if (region) conditions.add(of_region + " = ?", {*region});
    if (page.after) {
        conditions.add(minute + " <= ?::timestamptz", {page.after->time(0)});
        conditions.add(fmt::format("({}, {}) < (?::timestamptz, ?)", minute, of_region), {page.after->time(0), page.after->text(1)});
    }
    // Minutes that cannot be in an hour of the page need not be added up.
    std::string source(kMinutes);
    if (!minutes) {
        const auto until = page.after ? page.after->time(0) + std::chrono::hours{1} : to.value_or(from_unix_ms(253'402'300'799'999));
        source = fmt::format(kHours, fmt::format("where a.minute >= {}::timestamptz and a.minute < {}::timestamptz",
                                                 conditions.bind(from ? TimePoint{std::chrono::floor<std::chrono::hours>(*from)} : TimePoint{}), conditions.bind(until)));
    }
    const auto sql = fmt::format("{}{} order by {} desc, {} desc limit {}", source, conditions.where(), minute, of_region,
                                 conditions.bind(page.fetch()));
    const auto rows = call.transact(backend, [&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row, resolution));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        const auto row = rows[static_cast<int>(i)];
        return std::vector<Cursor::Value>{to_unix_ms(row.time(0)), std::string(row.text(1))};
    });
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/ledger", Permission::monitors_read, list}}; }

}  // namespace sonde::controlplane::ledger_api
