// A page with something of everything, for the tests of all that renders one.
#pragma once

#include "controlplane/status_page/snapshot.h"

namespace sonde::test {

inline status_page::Component sample_component(const std::string& id, const std::string& name, status_page::Condition condition, TimePoint now, int days = 90) {
    using namespace status_page;
    Component component;
    component.id = id;
    component.name = name;
    component.condition = condition;
    component.since = now - std::chrono::minutes{25};
    component.uptime = 0.99971;
    component.coverage = 0.9998;
    const auto today = std::chrono::floor<std::chrono::days>(now);
    for (int ago = days - 1; ago >= 0; --ago) {
        const auto begin = today - std::chrono::days{ago};
        Day day{std::chrono::year_month_day{begin}, 1.0, 1.0, Condition::operational, {}};
        if (ago % 31 == 17) {
            day = {day.date, 0.98, 1.0, Condition::major_outage, {{begin + std::chrono::hours{3}, begin + std::chrono::hours{3} + std::chrono::minutes{29}, Condition::major_outage}}};
        } else if (ago == 60) {
            day = {day.date, std::nullopt, std::nullopt, Condition::maintenance, {}};
        }
        component.days.push_back(day);
    }
    return component;
}

// At noon of 2026-03-01, UTC. Names have what must be escaped.
inline status_page::Snapshot sample_page() {
    using namespace status_page;
    const auto now = *from_rfc3339("2026-03-01T12:00:00Z");
    Snapshot page;
    page.slug = "acme";
    page.look.title = "Acme & Söhne";
    page.look.description = "All that Acme <runs>.";
    page.look.home_url = "https://acme.example/";
    page.look.support_url = "https://acme.example/help";
    page.made_at = now;
    page.condition = Condition::partial_outage;
    page.accounting = "degraded=up unknown=excluded pending=excluded maintenance=excluded paused=excluded";
    auto api = sample_component("api", "API", Condition::major_outage, now);
    api.description = "What \"partners\" call";
    api.latencies = {{"Europe", 82.4, 210.0}, {"America", 140.1, 380.5}};
    page.groups.push_back({"", false, Condition::operational, {sample_component("website", "Website", Condition::operational, now)}});
    page.groups.push_back({"Platform <core>", false, Condition::major_outage, {api, sample_component("search", "Search", Condition::degraded, now, 12)}});
    page.groups.push_back({"Back office", true, Condition::maintenance, {sample_component("billing", "Billing", Condition::maintenance, now)}});
    page.open.push_back({"inc_06ht3e8gt0000", "Orders are slow", Impact::major, Phase::identified, now - std::chrono::minutes{25}, std::nullopt, {"api", "search"},
                         {{2, now - std::chrono::minutes{5}, Phase::identified, "A disk is full.\nWe are making room."},
                          {1, now - std::chrono::minutes{20}, Phase::investigating, "We are looking into it."}}, ""});
    page.past.push_back({"inc_06ht3e8gt0001", "Website was down", Impact::critical, Phase::resolved, now - std::chrono::days{17}, now - std::chrono::days{17} + std::chrono::minutes{29}, {"website"},
                         {{1, now - std::chrono::days{17} + std::chrono::minutes{29}, Phase::resolved, "It is back."}},
                         "A certificate had ended.\nIt renews itself now.", now - std::chrono::days{15}});
    page.maintenance.push_back({"mnt_06ht3e8gt0002-1", "New switches", "The back office is away.", Progress::in_progress, now - std::chrono::minutes{30}, now + std::chrono::minutes{30}, {"billing"},
                                now - std::chrono::days{5}});
    page.maintenance.push_back({"mnt_06ht3e8gt0003-1", "Updates", "", Progress::scheduled, now + std::chrono::days{3}, now + std::chrono::days{3} + std::chrono::hours{1}, {"website", "api"},
                                now - std::chrono::days{1}});
    return page;
}

}  // namespace sonde::test
