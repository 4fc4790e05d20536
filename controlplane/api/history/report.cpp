#include "controlplane/api/history/report.h"

#include <algorithm>
#include <charconv>

namespace sonde::controlplane::report_api {
namespace {

constexpr std::chrono::hours kLast{24 * 30};

enum class Format : unsigned char { json, csv, html };

constexpr db::Statement kIncidents{"report_incidents", R"sql(
select count(*), count(acknowledged_at) filter (where acknowledged_at < $3), count(resolved_at) filter (where resolved_at < $3),
       avg(extract(epoch from acknowledged_at - opened_at)) filter (where acknowledged_at < $3)::float8,
       avg(extract(epoch from resolved_at - opened_at)) filter (where resolved_at < $3)::float8,
       max(extract(epoch from least(coalesce(resolved_at, $3), $3) - opened_at))::float8,
       count(*) filter (where resolved_at is null or resolved_at >= $3)
from incident where site_id = $1 and scope = 'outage' and opened_at >= $2 and opened_at < $3)sql"};

}  // namespace
}  // namespace sonde::controlplane::report_api

template <>
struct sonde::EnumNames<sonde::controlplane::report_api::Format> {
    static constexpr std::array<std::string_view, 3> names{"json", "csv", "html"};
};

namespace sonde::controlplane::report_api {
namespace {

double in_seconds(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }
Json percent(const std::optional<double>& ratio) { return ratio ? Json(*ratio * 100) : Json(nullptr); }
Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::optional<double> read_slo(Query& query) {
    const auto text = query.text("slo", 16);
    if (!text) return std::nullopt;
    double slo = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), slo, std::chars_format::fixed);
    if (error != std::errc{} || end != text->data() + text->size() || !(slo > 0 && slo <= 100)) {
        query.refuse("slo", "must be a percentage above 0 and at most 100, like 99.9");
        return std::nullopt;
    }
    return slo;
}

ReportIncidents read_incidents(db::Tx& tx, SiteId site, TimePoint from, TimePoint until) {
    const auto rows = tx.run(kIncidents, {site, from, until});
    const auto row = rows[0];
    ReportIncidents incidents;
    incidents.count = row.whole(0);
    incidents.acknowledged = row.whole(1);
    incidents.resolved = row.whole(2);
    incidents.mtta_s = row.maybe(3, &db::Row::real);
    incidents.mttr_s = row.maybe(4, &db::Row::real);
    incidents.longest_s = row.maybe(5, &db::Row::real);
    incidents.still_open = row.whole(6);
    return incidents;
}

ReportLine line_of(const history::Timeline& timeline, const Report& report) {
    ReportLine line;
    line.times = history::time_in(timeline, report.window.from, report.until);
    line.uptime = history::count(line.times, report.accounting);
    for (const auto& span : history::spans_within(timeline, report.window.from, report.until)) {
        if (span.state == history::State::down) ++line.outages;
    }
    return line;
}

void make(Backend& backend, const Call& call, Report& report) {
    std::vector<history::Timeline> timelines;
    history_store::ByMonitorAndRegion checks;
    call.transact(backend, [&](db::Tx& tx) {
        auto name = history_store::find_site(tx, report.site);
        if (!name) not_found("there is no such site");
        report.site_name = std::move(*name);
        report.members = history_store::members_of(tx, report.site, report.window.from, report.until);
        timelines = history_store::timelines(tx, report.members, report.window.from, report.until);
        checks = history_store::checks_of(tx, report.members, report.window.from, report.until);
        report.incidents = read_incidents(tx, report.site, report.window.from, report.until);
        report.rolled_up_to = history_store::rolled_up_to(tx);
    });
    report.whole = line_of(history::worst_of(timelines), report);
    for (const auto& timeline : timelines) report.monitors.push_back(line_of(timeline, report));
    for (const auto& [key, of_one] : checks) {
        const auto member = std::lower_bound(report.members.begin(), report.members.end(), key.first,
                                             [](const auto& m, MonitorId id) { return m.id < id; });
        report.monitors[static_cast<std::size_t>(member - report.members.begin())].checks.add(of_one);
        report.regions[key.second].add(of_one);
        report.whole.checks.add(of_one);
    }
    report.budget = budget_of(report.whole.uptime, report.window.to - report.until, report.slo_percent);
}

void put_line(Json& document, const ReportLine& line) {
    document["uptime_percent"] = percent(line.uptime.ratio);
    document["coverage_percent"] = percent(line.uptime.coverage);
    document["counted_seconds"] = in_seconds(line.uptime.up + line.uptime.down);
    document["down_seconds"] = in_seconds(line.uptime.down);
    document["outages"] = line.outages;
    document["seconds"] = history::seconds_of(line.times);
    json::add(document, history_store::write_checks(line.checks));
}

Json present(const Report& report) {
    Json document;
    document["site_id"] = report.site.text();
    document["site_name"] = report.site_name;
    document["from"] = to_rfc3339(report.window.from);
    document["to"] = to_rfc3339(report.window.to);
    document["time_zone"] = report.window.zone.name();
    document["until"] = to_rfc3339(report.until);
    document["complete"] = report.until == report.window.to;
    document["rolled_up_to"] = report.rolled_up_to ? Json(to_rfc3339(*report.rolled_up_to)) : Json(nullptr);
    document["accounting"] = history::write(report.accounting);
    document["slo_percent"] = report.slo_percent;
    document["met"] = report.whole.uptime.ratio ? Json(*report.whole.uptime.ratio * 100 >= report.slo_percent) : Json(nullptr);
    put_line(document, report.whole);
    const auto& budget = report.budget;
    document["error_budget"] = {{"allowed_seconds", budget.allowed_s}, {"used_seconds", budget.used_s},
                                {"left_seconds", budget.left_s},       {"used_percent", number_or_null(budget.used_percent)},
                                {"burn_rate", number_or_null(budget.burn_rate)}};
    const auto& incidents = report.incidents;
    document["incidents"] = {{"count", incidents.count},
                             {"acknowledged", incidents.acknowledged},
                             {"resolved", incidents.resolved},
                             {"open", incidents.still_open},
                             {"mtta_seconds", number_or_null(incidents.mtta_s)},
                             {"mttr_seconds", number_or_null(incidents.mttr_s)},
                             {"longest_seconds", number_or_null(incidents.longest_s)}};
    auto& regions = document["regions"] = Json::array();
    for (const auto& [name, checks] : report.regions) {
        auto item = history_store::write_checks(checks);
        item["region"] = name;
        regions.push_back(std::move(item));
    }
    auto& monitors = document["monitors"] = Json::array();
    for (std::size_t i = 0; i < report.members.size(); ++i) {
        const auto& member = report.members[i];
        Json item{{"monitor_id", member.id.text()}, {"name", member.name}, {"kind", member.kind}, {"deleted", member.deleted_at.has_value()}};
        put_line(item, report.monitors[i]);
        monitors.push_back(std::move(item));
    }
    return document;
}

http::Response read(Backend& backend, const Call& call) {
    Report report;
    report.site = path_id<SiteId>(call, "site_id");
    const auto now = wall_now();
    Query query(call.request);
    report.window = read_window(query, now, kLast);
    report.accounting = read_accounting(query, backend.accounting);
    report.slo_percent = read_slo(query).value_or(report.slo_percent);
    const auto format = query.name<Format>("format").value_or(Format::json);
    if (report.window.from > now) query.refuse(call.request.query_value("period") != nullptr ? "period" : "from", "is yet to come");
    query.finish();
    report.until = report.window.until(now);
    make(backend, call, report);
    if (format == Format::json) return http::Response::json(present(report));
    if (format == Format::html) {
        return http::Response::text(write_html(report), "text/html; charset=utf-8").with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    }
    return http::Response::text(write_csv(report), "text/csv; charset=utf-8; header=present")
        .with("Content-Disposition", "attachment; filename=\"report-" + report.site.text() + ".csv\"");
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/sites/{site_id}/report", Permission::sites_read, read}}; }

}  // namespace sonde::controlplane::report_api

namespace sonde::controlplane {

ErrorBudget budget_of(const history::Uptime& uptime, milliseconds still_to_come, double slo_percent) {
    using Seconds = std::chrono::duration<double>;
    const auto may_fail = (100 - slo_percent) / 100;
    const auto counted = Seconds(uptime.up + uptime.down).count();
    ErrorBudget budget;
    budget.allowed_s = may_fail * (counted + Seconds(still_to_come).count());
    budget.used_s = Seconds(uptime.down).count();
    budget.left_s = budget.allowed_s - budget.used_s;
    if (budget.allowed_s > 0) budget.used_percent = 100 * budget.used_s / budget.allowed_s;
    if (may_fail > 0 && counted > 0) budget.burn_rate = budget.used_s / counted / may_fail;
    return budget;
}

}  // namespace sonde::controlplane
