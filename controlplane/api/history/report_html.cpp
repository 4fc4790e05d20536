// The report as a page to read and to print: it needs nothing beside itself, and runs nothing.
#include <fmt/format.h>

#include <cmath>

#include "controlplane/api/endpoint/html.h"
#include "controlplane/api/history/report.h"

namespace sonde::controlplane {
namespace report_page {
namespace {

using history::State;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light}
body{font:14px/1.5 system-ui,sans-serif;color:#1d2327;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}.quiet{color:#5b6670}
.figures{display:flex;flex-wrap:wrap;gap:1rem;margin:1.5rem 0}.figures div{border:1px solid #d5dade;border-radius:6px;padding:.6rem 1rem;min-width:9rem}
.figures b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}.met b{color:#11702c}.missed b{color:#b3261e}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #e3e7ea;vertical-align:top}
th{font-weight:600;border-bottom-color:#9aa4ad}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{display:flex;height:.7rem;border-radius:3px;overflow:hidden;background:#eceff1;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.bar i{display:block}.up{background:#2e9d52}.degraded{background:#e0a800}.down{background:#d3382f}.unknown{background:#8e99a3}.pending{background:#c3cad0}
.maintenance{background:#4a7fd0}.paused{background:#dfe4e8}
@media print{@page{margin:15mm}body{margin:0;padding:0;max-width:none;font-size:10pt}thead{display:table-header-group}tr,.figures div{break-inside:avoid}h2{break-after:avoid}}
)";

std::string number(const std::optional<double>& value, std::string_view unit) { return value ? fmt::format("{:.0f}{}", *value, unit) : "–"; }
std::string or_dash(std::string text, std::string_view unit) { return text.empty() ? "–" : std::move(text) + std::string(unit); }
std::string time_text(const std::optional<double>& in_seconds) { return in_seconds ? duration_text(*in_seconds) : "–"; }
double in_seconds(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

// How the time was spent, in the order of how bad that is.
std::string bar(const ReportLine& line) {
    constexpr std::array kOrder{State::up, State::degraded, State::down, State::unknown, State::maintenance, State::pending, State::paused};
    milliseconds whole{0};
    for (const auto state : kOrder) whole += line.times[state];
    std::string text = "<div class=\"bar\">";
    for (const auto state : kOrder) {
        const auto time = line.times[state];
        if (time.count() <= 0 || whole.count() <= 0) continue;
        const auto share = 100.0 * static_cast<double>(time.count()) / static_cast<double>(whole.count());
        text += fmt::format(R"(<i class="{0}" style="width:{1:.4f}%" title="{0} {2}"></i>)", name_of(state), share, duration_text(in_seconds(time)));
    }
    return text + "</div>";
}

std::string figure(std::string_view mark, std::string_view value, std::string_view name) {
    return fmt::format(R"(<div class="{}"><b>{}</b>{}</div>)", mark, value, name);
}

std::string head(const Report& report) {
    const auto& zone = report.window.zone;
    const auto name = html::escaped(report.site_name);
    std::string text = fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                                   "<title>{0}: availability</title><style>{1}</style></head><body>\n<h1>{0}: availability</h1>\n", name, kStyle);
    text += fmt::format("<p>{} to {}, {}</p>\n", html::escaped(zone.text(report.window.from)), html::escaped(zone.text(report.window.to)), html::escaped(zone.name()));
    if (report.until < report.window.to) text += fmt::format("<p class=\"quiet\">The period is not over: this is told up to {}.</p>\n", html::escaped(zone.text(report.until)));
    return text;
}

std::string figures(const Report& report) {
    const auto& ratio = report.whole.uptime.ratio;
    const auto* mark = !ratio ? "" : *ratio * 100 >= report.slo_percent ? "met" : "missed";
    const auto& budget = report.budget;
    std::string text = "<div class=\"figures\">";
    text += figure(mark, or_dash(percent_text(ratio), " %"), fmt::format("uptime; promised {} %", report.slo_percent));
    text += figure("", or_dash(percent_text(report.whole.uptime.coverage), " %"), "coverage");
    text += figure("", duration_text(in_seconds(report.whole.uptime.down)), fmt::format("down, in {} outage{}", report.whole.outages, report.whole.outages == 1 ? "" : "s"));
    text += figure(budget.left_s < 0 ? "missed" : "", duration_text(std::abs(budget.left_s)),
                   fmt::format("{} of the error budget of {}", budget.left_s < 0 ? "beyond the end" : "left", duration_text(budget.allowed_s)));
    text += figure("", fmt::format("{}", report.incidents.count), "incidents");
    return text + "</div>\n" + bar(report.whole) + "\n";
}

std::string incidents(const Report& report) {
    const auto& all = report.incidents;
    return fmt::format("<h2>Incidents</h2>\n<table><thead><tr><th class=\"n\">opened</th><th class=\"n\">acknowledged</th><th class=\"n\">resolved</th><th class=\"n\">still open</th>"
                       "<th class=\"n\">mean time to acknowledge</th><th class=\"n\">mean time to resolve</th><th class=\"n\">longest</th></tr></thead>\n"
                       "<tbody><tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                       "<td class=\"n\">{}</td></tr></tbody></table>\n",
                       all.count, all.acknowledged, all.resolved, all.still_open, time_text(all.mtta_s), time_text(all.mttr_s), time_text(all.longest_s));
}

std::string latency(const history_store::Checks& checks, double share) {
    const auto us = checks.latencies.quantile(share);
    return number(us ? std::optional(*us / 1000) : std::nullopt, " ms");
}

std::string check_cells(const history_store::Checks& checks) {
    return fmt::format("<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>", checks.up + checks.degraded + checks.down + checks.unknown,
                       checks.down, latency(checks, 0.5), latency(checks, 0.95));
}

constexpr std::string_view kCheckHeads = "<th class=\"n\">checks</th><th class=\"n\">failed</th><th class=\"n\">p50</th><th class=\"n\">p95</th>";

std::string monitors(const Report& report) {
    std::string text = fmt::format("<h2>Monitors</h2>\n<table><thead><tr><th>monitor</th><th>kind</th><th class=\"n\">uptime</th><th class=\"n\">coverage</th><th class=\"n\">down</th>"
                                   "<th class=\"n\">outages</th>{}</tr></thead>\n<tbody>\n", kCheckHeads);
    for (std::size_t i = 0; i < report.members.size(); ++i) {
        const auto& member = report.members[i];
        const auto& line = report.monitors[i];
        text += fmt::format("<tr><td>{}{}{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>{}</tr>\n", html::escaped(member.name),
                            member.deleted_at ? " <span class=\"quiet\">(deleted)</span>" : "", bar(line), html::escaped(member.kind), or_dash(percent_text(line.uptime.ratio), " %"),
                            or_dash(percent_text(line.uptime.coverage), " %"), duration_text(in_seconds(line.uptime.down)), line.outages, check_cells(line.checks));
    }
    return text + "</tbody></table>\n";
}

std::string regions(const Report& report) {
    if (report.regions.empty()) return {};
    std::string text = fmt::format("<h2>Regions</h2>\n<table><thead><tr><th>region</th>{}</tr></thead>\n<tbody>\n", kCheckHeads);
    for (const auto& [name, checks] : report.regions) text += fmt::format("<tr><td>{}</td>{}</tr>\n", html::escaped(name), check_cells(checks));
    return text + "</tbody></table>\n";
}

std::string notes(const Report& report) {
    std::string counted;
    const auto accounting = history::write(report.accounting);
    for (const auto& [state, counts] : accounting.items()) {
        const auto how = counts.get<std::string>();
        counted += fmt::format("{}{} {}{}", counted.empty() ? "" : ", ", state, how == "excluded" ? "is " : "counts as ", how);
    }
    auto text = fmt::format("<h2>How this was counted</h2>\n<p>Uptime is time, not checks: up / (up + down). Of the other states, {}. Coverage is how much of the time in which the site was to be "
                            "watched its state was known. Percentages are cut, not rounded.</p>\n", html::escaped(counted));
    if (report.rolled_up_to) text += fmt::format("<p>Checks and latencies are of hours before {}.</p>\n", html::escaped(report.window.zone.text(*report.rolled_up_to)));
    return text;
}

}  // namespace
}  // namespace report_page

std::string duration_text(double in_seconds) {
    const auto whole = static_cast<std::int64_t>(std::floor(in_seconds + 1e-6));  // 17.9999999 is what a sum of 18 may come to
    if (whole >= 86'400) return fmt::format("{} d {} h", whole / 86'400, whole % 86'400 / 3600);
    if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
    if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} s", whole);
}

std::string write_html(const Report& report) {
    return report_page::head(report) + report_page::figures(report) + report_page::incidents(report) + report_page::monitors(report) + report_page::regions(report) +
           report_page::notes(report) + "</body></html>\n";
}

}  // namespace sonde::controlplane
