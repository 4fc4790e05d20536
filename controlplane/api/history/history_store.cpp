#include "controlplane/api/history/history_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/history/accounting.h"
#include "lib/http/message.h"

namespace sonde::controlplane::history_store {
namespace {

constexpr db::Statement kMonitor{"history_monitor", "select id, name, kind, created_at, deleted_at from monitor where id = $1"};
constexpr db::Statement kSite{"history_site", "select name from site where id = $1 and deleted_at is null"};
constexpr db::Statement kMembers{"history_members", R"sql(
select id, name, kind, created_at, deleted_at from monitor
where site_id = $1 and created_at < $3 and (deleted_at is null or deleted_at > $2) order by id limit $4)sql"};

// The edge before, and those within.
constexpr db::Statement kEdges{"history_edges", R"sql(
select m.place - 1, e.since, e.state
from unnest($1::bigint[]) with ordinality as m (id, place)
cross join lateral (
    (select since, state from state_edge where monitor_id = m.id and since <= $2 order by since desc limit 1)
    union all
    (select since, state from state_edge where monitor_id = m.id and since > $2 and since < $3)) e
order by m.place, e.since)sql"};

// Whole days from days, the rest from hours.
constexpr db::Statement kChecks{"history_checks", R"sql(
select c.monitor_id, case when c.region_id = 0 then 'push' else coalesce(g.name, 'region-' || c.region_id) end,
       up, degraded, down, unknown, confirmations, min_us, max_us, sum_us, latencies
from (select monitor_id, region_id, up, degraded, down, unknown, confirmations, min_us, max_us, sum_us, latencies
      from rollup_day where monitor_id = any($1::bigint[]) and day >= $3::timestamptz and day < $4::timestamptz
      union all
      select monitor_id, region_id, up, degraded, down, unknown, confirmations, min_us, max_us, sum_us, latencies
      from rollup_hour where monitor_id = any($1::bigint[]) and (hour >= $2 and hour < $3 or hour >= $4 and hour < $5)) c
left join region g on g.id = c.region_id)sql"};

constexpr db::Statement kUpto{"history_upto", "select upto from history_cursor where name = $1"};

Member read_member(const db::Row& row) {
    return {row.id<MonitorId>(0), std::string(row.text(1)), std::string(row.text(2)), row.time(3), row.maybe(4, &db::Row::time)};
}

std::vector<std::int64_t> ids_of(const std::vector<Member>& members) {
    std::vector<std::int64_t> ids;
    ids.reserve(members.size());
    for (const auto& member : members) ids.push_back(member.id.value());
    return ids;
}

std::optional<TimePoint> upto(db::Tx& tx, std::string_view name) {
    const auto rows = tx.run(kUpto, {name});
    if (rows.empty()) return std::nullopt;
    return rows[0].time(0);
}

double ms(double us) { return static_cast<double>(static_cast<std::int64_t>(us)) / 1000.0; }

}  // namespace

std::optional<Member> find_monitor(db::Tx& tx, MonitorId id) {
    const auto rows = tx.run(kMonitor, {id});
    if (rows.empty()) return std::nullopt;
    return read_member(rows[0]);
}

std::optional<std::string> find_site(db::Tx& tx, SiteId id) {
    const auto rows = tx.run(kSite, {id});
    if (rows.empty()) return std::nullopt;
    return std::string(rows[0].text(0));
}

std::vector<Member> members_of(db::Tx& tx, SiteId site, TimePoint from, TimePoint to) {
    std::vector<Member> members;
    for (const auto row : tx.run(kMembers, {site, from, to, kMostMembers + 1})) members.push_back(read_member(row));
    if (members.size() > static_cast<std::size_t>(kMostMembers)) {
        throw http::ProblemError{http::problem::too_large, fmt::format("the site had more than {} monitors in that time; ask for them one by one", kMostMembers), {}};
    }
    return members;
}

std::vector<history::Timeline> timelines(db::Tx& tx, const std::vector<Member>& members, TimePoint from, TimePoint to) {
    std::vector<history::Timeline> all(members.size());
    for (const auto row : tx.run(kEdges, {ids_of(members), from, to})) {
        all.at(static_cast<std::size_t>(row.whole(0))).push_back({row.time(1), from_name<history::State>(row.text(2))});
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        auto& timeline = all[i];
        const auto& member = members[i];
        if (timeline.empty() || timeline.front().since > std::max(member.created_at, from)) {
            timeline.insert(timeline.begin(), {member.created_at, history::State::pending});
        }
        if (member.deleted_at && timeline.back().state) timeline.push_back({std::max(*member.deleted_at, timeline.back().since), std::nullopt});
    }
    return all;
}

void Checks::add(const Checks& other) {
    up += other.up;
    degraded += other.degraded;
    down += other.down;
    unknown += other.unknown;
    confirmations += other.confirmations;
    if (other.latencies.count() > 0) {
        min_us = latencies.count() > 0 ? std::min(min_us, other.min_us) : other.min_us;
        max_us = std::max(max_us, other.max_us);
        sum_us += other.sum_us;
    }
    latencies.add(other.latencies);
}

Checks read_checks(const db::Row& row, int first) {
    Checks checks;
    checks.up = row.whole(first);
    checks.degraded = row.whole(first + 1);
    checks.down = row.whole(first + 2);
    checks.unknown = row.whole(first + 3);
    checks.confirmations = row.whole(first + 4);
    if (!row.is_null(first + 8)) {
        checks.min_us = row.whole(first + 5);
        checks.max_us = row.whole(first + 6);
        checks.sum_us = row.whole(first + 7);
        checks.latencies.add_stored(row.wholes(first + 8));
    }
    return checks;
}

Json write_checks(const Checks& checks) {
    Json document;
    document["checks"] = {{"up", checks.up}, {"degraded", checks.degraded}, {"down", checks.down}, {"unknown", checks.unknown}};
    document["confirmations"] = checks.confirmations;
    auto& latency = document["latency_ms"] = nullptr;
    if (const auto n = checks.latencies.count(); n > 0) {
        latency = Json::object();
        latency["min"] = ms(static_cast<double>(checks.min_us));
        latency["mean"] = ms(static_cast<double>(checks.sum_us) / static_cast<double>(n));
        // Within the bounds that are known exactly.
        const auto quantile = [&](double share) {
            return ms(std::clamp(*checks.latencies.quantile(share), static_cast<double>(checks.min_us), static_cast<double>(checks.max_us)));
        };
        latency["p50"] = quantile(0.5);
        latency["p90"] = quantile(0.9);
        latency["p95"] = quantile(0.95);
        latency["p99"] = quantile(0.99);
        latency["max"] = ms(static_cast<double>(checks.max_us));
    }
    return document;
}

ByMonitorAndRegion checks_of(db::Tx& tx, const std::vector<Member>& members, TimePoint from, TimePoint to) {
    using std::chrono::days;
    const TimePoint first_day = std::chrono::ceil<days>(from);
    TimePoint last_day = std::min<TimePoint>(std::chrono::floor<days>(to), upto(tx, "days").value_or(TimePoint{}));
    if (last_day < first_day) last_day = std::min(first_day, to);
    ByMonitorAndRegion all;
    for (const auto row : tx.run(kChecks, {ids_of(members), from, std::min(first_day, to), last_day, to})) {
        all[{row.id<MonitorId>(0), std::string(row.text(1))}].add(read_checks(row, 2));
    }
    return all;
}

std::optional<TimePoint> rolled_up_to(db::Tx& tx) { return upto(tx, "hours"); }

}  // namespace sonde::controlplane::history_store
