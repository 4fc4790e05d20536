// /v1/sites/{id}/report: what a site was promised and what it got, for a period.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/history/history_query.h"
#include "controlplane/api/history/history_store.h"

namespace sonde::controlplane {

// One line of a report: the site, or one of its monitors.
struct ReportLine {
    history::TimeIn times;
    history::Uptime uptime;
    int outages = 0;  // times that it went down
    history_store::Checks checks;
};

struct ReportIncidents {
    std::int64_t count = 0;         // outages that were opened in the period
    std::int64_t acknowledged = 0;
    std::int64_t resolved = 0;
    std::optional<double> mtta_s;   // from opened to acknowledged, of those
    std::optional<double> mttr_s;   // from opened to resolved, of those
    std::optional<double> longest_s;  // open ones until the end of the period
    std::int64_t still_open = 0;    // of those, at the end of the period
};

// What may be down, and what was, in the time that counts; all of the period that is still to come is taken to count.
struct ErrorBudget {
    double allowed_s = 0;
    double used_s = 0;
    double left_s = 0;                  // below 0: overdrawn
    std::optional<double> used_percent;  // nothing if nothing is allowed
    std::optional<double> burn_rate;     // 1: the period ends with nothing left, if it goes on so
};

struct Report {
    SiteId site;
    std::string site_name;
    HistoryWindow window;
    TimePoint until;  // the end of the period, or now
    history::Accounting accounting;
    double slo_percent = 99.9;
    ReportLine whole;
    ErrorBudget budget;
    ReportIncidents incidents;
    std::vector<history_store::Member> members;
    std::vector<ReportLine> monitors;                    // of `members`
    std::map<std::string, history_store::Checks> regions;  // by name
    std::optional<TimePoint> rolled_up_to;               // checks and latencies are of hours before
};

// One line for the site and one for each monitor, with a header.
std::string write_csv(const Report& report);

// A page to read and to print, in HTML with its style; of what people wrote nothing but text.
std::string write_html(const Report& report);

// With four decimals, and never rounded up: 99.99999 is not 100. Empty if there is none.
std::string percent_text(const std::optional<double>& ratio);
// For people: `2 d 3 h`, `36 s`. Whole seconds, cut.
std::string duration_text(double in_seconds);

ErrorBudget budget_of(const history::Uptime& uptime, milliseconds still_to_come, double slo_percent);

}  // namespace sonde::controlplane

namespace sonde::controlplane::report_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::report_api
