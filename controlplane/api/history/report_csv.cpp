#include <fmt/format.h>

#include <cmath>

#include "controlplane/api/history/report.h"
#include "controlplane/history/csv.h"

namespace sonde::controlplane {
namespace {

using history::Cell;
using history::State;
using history::Text;

constexpr std::array kHeader{
    "row",          "id",           "name",           "kind",           "deleted",        "from",           "until",          "slo_percent",
    "uptime_percent", "coverage_percent", "up_seconds", "degraded_seconds", "down_seconds", "unknown_seconds", "pending_seconds", "maintenance_seconds",
    "paused_seconds", "outages",      "budget_allowed_seconds", "budget_used_seconds", "budget_left_seconds", "incidents",  "mtta_seconds",   "mttr_seconds",
    "longest_incident_seconds", "checks", "checks_down", "latency_p50_ms", "latency_p90_ms", "latency_p95_ms", "latency_p99_ms"};

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.3f}", *value) : ""; }
std::string number(milliseconds time) { return fmt::format("{:.3f}", static_cast<double>(time.count()) / 1000.0); }

void add_times(std::vector<Cell>& cells, const ReportLine& line) {
    cells.emplace_back(percent_text(line.uptime.ratio));
    cells.emplace_back(percent_text(line.uptime.coverage));
    for (const auto state : {State::up, State::degraded, State::down, State::unknown, State::pending, State::maintenance, State::paused}) {
        cells.emplace_back(number(line.times[state]));
    }
    cells.emplace_back(std::to_string(line.outages));
}

void add_checks(std::vector<Cell>& cells, const history_store::Checks& checks) {
    cells.emplace_back(std::to_string(checks.up + checks.degraded + checks.down + checks.unknown));
    cells.emplace_back(std::to_string(checks.down));
    for (const auto share : {0.5, 0.9, 0.95, 0.99}) {
        const auto us = checks.latencies.quantile(share);
        cells.emplace_back(us ? number(*us / 1000) : "");
    }
}

}  // namespace

std::string percent_text(const std::optional<double>& ratio) { return ratio ? fmt::format("{:.4f}", std::floor(*ratio * 1'000'000) / 10'000) : ""; }

std::string write_csv(const Report& report) {
    const auto& zone = report.window.zone;
    std::string text = history::csv_line({kHeader.begin(), kHeader.end()});
    std::vector<Cell> site{"site",         report.site.text(),           Text{report.site_name},     "", "false", zone.text(report.window.from),
                           zone.text(report.until), fmt::format("{}", report.slo_percent)};
    add_times(site, report.whole);
    for (const auto value : {report.budget.allowed_s, report.budget.used_s, report.budget.left_s}) site.emplace_back(number(value));
    site.emplace_back(std::to_string(report.incidents.count));
    for (const auto& value : {report.incidents.mtta_s, report.incidents.mttr_s, report.incidents.longest_s}) site.emplace_back(number(value));
    add_checks(site, report.whole.checks);
    text += history::csv_line(site);
    for (std::size_t i = 0; i < report.members.size(); ++i) {
        const auto& member = report.members[i];
        const auto& line = report.monitors[i];
        std::vector<Cell> cells{"monitor",    member.id.text(),          Text{member.name}, member.kind, member.deleted_at ? "true" : "false",
                                zone.text(report.window.from), zone.text(report.until), fmt::format("{}", report.slo_percent)};
        add_times(cells, line);
        const auto budget = budget_of(line.uptime, report.window.to - report.until, report.slo_percent);
        for (const auto value : {budget.allowed_s, budget.used_s, budget.left_s}) cells.emplace_back(number(value));
        cells.insert(cells.end(), 4, Cell{""});  // incidents are of the site
        add_checks(cells, line.checks);
        text += history::csv_line(cells);
    }
    return text;
}

}  // namespace sonde::controlplane
