#include "controlplane/api/history/result.h"

#include <algorithm>

#include <fmt/format.h>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/history/wording.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "lib/decision/effect.h"

namespace sonde::controlplane::result_api {
namespace {

// What jobs said may be long: without `{0}` it is cut.
constexpr std::string_view kResults = R"(
    select r.slot, case when r.region_id = 0 then 'push' else g.name end, r.attempt, r.started_at, r.received_at, r.verdict, r.failure_class, r.http_status, r.resolve_us, r.connect_us,
           r.tls_us, r.first_byte_us, r.transfer_us, r.total_us, r.backfilled,
           coalesce(case when length(r.detail #>> '{{heartbeat,body}}') > 1000 and not {0}
                         then jsonb_set(r.detail, '{{heartbeat,body}}', to_jsonb(left(r.detail #>> '{{heartbeat,body}}', 1000))) else r.detail end::text,
                    s.document), r.region_id
    from {1} r left join region g on g.id = r.region_id left join sight s on s.id = r.sight_id )";

// Days of packed results of $1, the newest first.
constexpr db::Statement kPackedDays{"packed_days", R"(
    select distinct day::text from result_packed
    where monitor_id = $1 and day >= ($2::timestamptz)::date and day <= ($3::timestamptz)::date and ($4 or verdicts is not null)
    order by 1 desc)"};
constexpr int kDaysAtOnce = 4;

constexpr std::string_view kDecisions = R"(
    select id, at, slot, kind, from_state, to_state, reason, incident_id, votes, monitor_id from decision )";

constexpr int kMostWholeBodies = 20;

struct Window {
    std::optional<TimePoint> from;
    std::optional<TimePoint> to;
};

Window read_window(Query& query) {
    const Window window{query.instant("from"), query.instant("to")};
    if (window.from && window.to && *window.from >= *window.to) query.refuse("to", "must be after `from`");
    return window;
}

void require_monitor(db::Tx& tx, MonitorId id) {
    if (!monitor_store::exists(tx, id)) not_found("there is no such monitor");
}

Json present(const db::Row& row) {
    Json document;
    document["slot"] = to_rfc3339(row.time(0));
    document["region"] = row.is_null(1) ? Json(nullptr) : Json(row.text(1));
    document["attempt"] = row.small(2);
    document["started_at"] = to_rfc3339(row.time(3));
    document["received_at"] = to_rfc3339(row.time(4));
    document["verdict"] = verdict_name(row.small(5));
    document["class"] = class_name(row.small(6));
    document["http_status"] = row.small(7) == 0 ? Json(nullptr) : Json(row.small(7));
    auto& phases = document["phases_ms"];
    constexpr std::array names{"resolve", "connect", "tls", "first_byte", "transfer", "total"};
    for (std::size_t i = 0; i < names.size(); ++i)
        phases[names[i]] = static_cast<double>(row.whole(8 + static_cast<int>(i))) / 1000.0;
    document["backfilled"] = row.boolean(14);
    document["detail"] = row.is_null(15) ? Json::object() : stored_json(row.text(15));
    return document;
}

struct Selection {
    MonitorId monitor;
    Window window;
    std::optional<std::string> region;
    std::optional<check::Verdict> verdict;
    std::optional<Cursor> after;
    bool whole_bodies = false;
};

// From the table of rows, or, given their days, from packed ones.
db::Rows select_results(db::Tx& tx, const Selection& wanted, std::string_view source, const std::vector<std::string>& days, int limit) {
    Conditions conditions;
    conditions.add("r.monitor_id = ?", {wanted.monitor});
    if (!days.empty()) conditions.add("r.day = any(?::text[]::date[])", {days});
    if (wanted.window.from) conditions.add("r.slot >= ?::timestamptz", {*wanted.window.from});
    if (wanted.window.to) conditions.add("r.slot < ?::timestamptz", {*wanted.window.to});
    if (wanted.region) conditions.add("case when r.region_id = 0 then 'push' else g.name end = ?", {*wanted.region});
    if (wanted.verdict) conditions.add("r.verdict = ?", {static_cast<int>(*wanted.verdict)});
    if (wanted.after) {
        // The first condition alone lets the planner leave out partitions.
        conditions.add("r.slot <= ?::timestamptz", {wanted.after->time(0)});
        conditions.add("(r.slot, r.region_id, r.attempt) < (?::timestamptz, ?::bigint, ?::bigint)",
                       {wanted.after->time(0), wanted.after->whole(1), wanted.after->whole(2)});
    }
    const auto sql = fmt::format("{}{} order by r.slot desc, r.region_id desc, r.attempt desc limit {}",
                                 fmt::format(kResults, conditions.bind(wanted.whole_bodies), source), conditions.where(), conditions.bind(limit));
    return tx.run_text(sql, conditions.params());
}

http::Response list_results(Backend& backend, const Call& call) {
    const auto id = path_id<MonitorId>(call, "monitor_id");
    Query query(call.request);
    const auto page = query.page("results", 3);
    const auto window = read_window(query);
    const auto region = query.region("region");
    const auto verdict = query.name<check::Verdict>("verdict");
    const bool whole = query.boolean("whole_bodies").value_or(false);
    if (whole && page.limit > kMostWholeBodies) query.refuse("whole_bodies", fmt::format("goes with a limit of at most {}", kMostWholeBodies));
    query.finish();
    const Selection wanted{id, window, region, verdict, page.after, whole};
    std::vector<Json> items;
    std::vector<std::vector<Cursor::Value>> keys;
    const auto take = [&](const db::Rows& rows) {
        for (const auto row : rows) {
            items.push_back(present(row));
            keys.push_back({to_unix_ms(row.time(0)), row.whole(16), row.whole(2)});
        }
    };
    const auto lacking = [&] { return page.fetch() - static_cast<int>(items.size()); };
    call.transact(backend, [&](db::Tx& tx) {
        require_monitor(tx, id);
        // Having looked at the rows, we hold a lock that keeps a packed day from taking the place of its partition before we have looked there.
        take(select_results(tx, wanted, "result", {}, lacking()));
        if (lacking() == 0) return;
        const auto newest = page.after ? page.after->time(0) : window.to.value_or(from_unix_ms(253'402'300'799'999));
        const bool all = !verdict || *verdict == check::Verdict::up;  // days without failures have none in them
        std::vector<std::string> days;
        for (const auto row : tx.run(kPackedDays, {id, window.from.value_or(TimePoint{}), newest, all})) days.emplace_back(row.text(0));
        for (std::size_t first = 0; first < days.size() && lacking() > 0; first += kDaysAtOnce) {
            const auto last = std::min(first + kDaysAtOnce, days.size());
            take(select_results(tx, wanted, "result_unpacked", {days.begin() + static_cast<std::ptrdiff_t>(first), days.begin() + static_cast<std::ptrdiff_t>(last)}, lacking()));
        }
    });
    return page_response(call.request, page, std::move(items), [&keys](std::size_t i) { return keys[i]; });
}

http::Response list_decisions(Backend& backend, const Call& call) {
    const auto id = path_id<MonitorId>(call, "monitor_id");
    Query query(call.request);
    const auto page = query.page("decisions", 2);
    const auto window = read_window(query);
    const auto kind = query.name<decision::NoteKind>("kind");
    const auto reason = query.name<decision::Reason>("reason");
    query.finish();
    Conditions conditions;
    conditions.add("monitor_id = ?", {id});
    if (window.from) conditions.add("at >= ?::timestamptz", {*window.from});
    if (window.to) conditions.add("at < ?::timestamptz", {*window.to});
    if (kind) conditions.add("kind = ?", {name_of(*kind)});
    if (reason) conditions.add("reason = ?", {name_of(*reason)});
    if (page.after) {
        // The first condition alone bounds the index; the time of one in the database is finer than a cursor's.
        conditions.add("at < ?::timestamptz + interval '1 millisecond'", {page.after->time(0)});
        conditions.add("(date_trunc('milliseconds', at), id) < (?::timestamptz, ?::bigint)", {page.after->time(0), page.after->whole(1)});
    }
    const auto sql = fmt::format("{}{} order by at desc, id desc limit {}", kDecisions, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        require_monitor(tx, id);
        return tx.run_text(sql, conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present_decision(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) {
                             const auto row = rows[static_cast<int>(i)];
                             return std::vector<Cursor::Value>{to_unix_ms(row.time(1)), row.whole(0)};
                         });
}

}  // namespace

Endpoints endpoints() {
    return {
        {http::Method::get, "/v1/monitors/{monitor_id}/results", Permission::monitors_read, list_results},
        {http::Method::get, "/v1/monitors/{monitor_id}/decisions", Permission::monitors_read, list_decisions},
    };
}

}  // namespace sonde::controlplane::result_api

namespace sonde::controlplane {

Json present_decision(const db::Row& row) {
    Json document;
    document["at"] = to_rfc3339(row.time(1));
    document["monitor_id"] = row.id<MonitorId>(9).text();
    document["slot"] = row.is_null(2) ? Json(nullptr) : Json(to_rfc3339(row.time(2)));
    document["kind"] = row.text(3);
    document["from"] = row.text(4);
    document["to"] = row.text(5);
    document["reason"] = row.text(6);
    document["incident_id"] = row.is_null(7) ? Json(nullptr) : Json(row.id<IncidentId>(7).text());
    auto stored = stored_json(row.text(8));
    if (const auto rule = rule_beside_votes(stored)) document["rule"] = *rule;
    if (stored.is_object() && stored.contains("suppressed_by")) document["suppressed_by"] = stored["suppressed_by"];
    if (stored.is_object() && stored.contains("expiry")) document["expiry"] = stored["expiry"];
    document["votes"] = with_marks(votes_in(stored));
    if (stored.is_object() && stored.contains("asked")) document["asked"] = stored["asked"];
    document["sentence"] = describe_decision(document);
    return document;
}

}  // namespace sonde::controlplane
