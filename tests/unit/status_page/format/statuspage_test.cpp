#include "controlplane/status_page/format/statuspage.h"

#include <doctest/doctest.h>

#include "lib/json/json.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/sample.h"

namespace statuspage_test {

using namespace sonde;
using namespace sonde::status_page;

namespace {

constexpr std::string_view kBase = "https://status.acme.example/";

Json read(const Snapshot& page, std::string_view name) {
    const auto text = format::statuspage(page, kBase, name);
    REQUIRE(text);
    return *json::parse(*text);
}

Snapshot in_condition(Condition condition) {
    Snapshot page;
    page.condition = condition;
    page.groups.push_back({"", false, condition, {test::sample_component("one", "One", condition, *from_rfc3339("2026-03-01T12:00:00Z"))}});
    return page;
}

}  // namespace

TEST_CASE("a page as Statuspage tells it") {
    const auto page = test::sample_page();
    test::check_golden("format/golden/summary.json", json::dump_pretty(read(page, "summary.json")));
    test::check_golden("format/golden/incidents.json", json::dump_pretty(read(page, "incidents.json")));
    test::check_golden("format/golden/scheduled-maintenances.json", json::dump_pretty(read(page, "scheduled-maintenances.json")));
}

TEST_CASE("each document has its part") {
    const auto page = test::sample_page();
    const auto summary = read(page, "summary.json");
    CHECK(read(page, "status.json").at("status") == summary.at("status"));
    CHECK(read(page, "components.json").at("components") == summary.at("components"));
    CHECK(read(page, "incidents/unresolved.json").at("incidents") == summary.at("incidents"));
    CHECK(summary.at("incidents").size() == 1);
    CHECK(read(page, "incidents.json").at("incidents").size() == 2);
    CHECK(read(page, "scheduled-maintenances/upcoming.json").at("scheduled_maintenances").size() == 1);
    CHECK(read(page, "scheduled-maintenances/active.json").at("scheduled_maintenances").at(0).at("status") == "in_progress");
    for (const auto* none : {"", "summary", "incidents", "subscribers.json", "../summary.json"}) CHECK_FALSE(format::statuspage(page, kBase, none));
}

TEST_CASE("an incident whose postmortem is published is in that state, and tells it as its newest update") {
    auto page = test::sample_page();
    const auto told = [&page] { return read(page, "incidents.json").at("incidents").at(1); };
    const auto incident = told();
    CHECK(incident.at("status") == "postmortem");
    CHECK(incident.at("updated_at") == "2026-02-14T12:00:00.000Z");
    CHECK(incident.at("incident_updates").size() == 3);
    const auto newest = incident.at("incident_updates").at(0);
    CHECK(newest.at("status") == "postmortem");
    CHECK(newest.at("body") == page.past[0].postmortem);
    CHECK(newest.at("created_at") == "2026-02-14T12:00:00.000Z");
    page.past[0].postmortem_at.reset();  // of an earlier version
    CHECK(told().at("incident_updates").at(0).at("created_at") == told().at("resolved_at"));
    page.past[0].postmortem.clear();
    CHECK(told().at("status") == "resolved");
    CHECK(told().at("incident_updates").at(0).at("status") == "resolved");
}

TEST_CASE("a beginning and an end that nobody wrote about are updates, newest first") {
    auto page = test::sample_page();
    const auto statuses = [&page](std::string_view document, const char* list, std::size_t which) {
        std::vector<std::string> all;
        const Json updates = read(page, document).at(list).at(which).at("incident_updates");
        for (const auto& one : updates) all.push_back(one.at("status"));
        return all;
    };
    auto& past = page.past[0];
    past.postmortem.clear();
    past.postmortem_at.reset();
    using Statuses = std::vector<std::string>;
    CHECK(statuses("incidents.json", "incidents", 1) == Statuses{"resolved", "investigating"});
    past.updates.clear();
    CHECK(statuses("incidents.json", "incidents", 1) == Statuses{"resolved", "investigating"});
    past.updates.push_back({1, *past.resolved_at + std::chrono::minutes{3}, Phase::monitoring, "We watch it."});
    CHECK(statuses("incidents.json", "incidents", 1) == Statuses{"monitoring", "resolved", "investigating"});
    page.open[0].updates.clear();
    const auto opened = read(page, "incidents/unresolved.json").at("incidents").at(0).at("incident_updates").at(0);
    CHECK(opened.at("id") == "inc_06ht3e8gt0000-investigating");
    CHECK(opened.at("body") == "Investigating");
    CHECK(statuses("scheduled-maintenances.json", "scheduled_maintenances", 0) == Statuses{"in_progress", "scheduled"});
    page.maintenance[0].progress = Progress::completed;
    CHECK(statuses("scheduled-maintenances.json", "scheduled_maintenances", 0) == Statuses{"completed", "in_progress", "scheduled"});
    page.maintenance[0].description.clear();
    CHECK(read(page, "scheduled-maintenances.json").at("scheduled_maintenances").at(0).at("incident_updates").at(2).at("body") == "Planned");
}

TEST_CASE("conditions in the words of Statuspage") {
    struct Row {
        Condition condition;
        const char* indicator;
        const char* status;
    };
    for (const auto& row : {Row{Condition::operational, "none", "operational"}, Row{Condition::maintenance, "maintenance", "under_maintenance"},
                            Row{Condition::unknown, "minor", "degraded_performance"}, Row{Condition::degraded, "minor", "degraded_performance"},
                            Row{Condition::partial_outage, "major", "partial_outage"}, Row{Condition::major_outage, "critical", "major_outage"}}) {
        CAPTURE(row.indicator);
        const auto told = read(in_condition(row.condition), "summary.json");
        CHECK(told.at("status").at("indicator") == row.indicator);
        CHECK(told.at("components").at(0).at("status") == row.status);
    }
}

TEST_CASE("a group is a component that names its own") {
    const auto components = read(test::sample_page(), "components.json").at("components");
    REQUIRE(components.size() == 6);
    const auto& group = components.at(1);
    CHECK(group.at("group") == true);
    CHECK(group.at("components") == Json::array({"api", "search"}));
    CHECK(components.at(2).at("group_id") == group.at("id"));
    CHECK(components.at(0).at("group_id").is_null());
}

TEST_CASE("a page without history tells no incident that is over") {
    auto page = test::sample_page();
    page.look.shows_history = false;
    CHECK(read(page, "incidents.json").at("incidents").size() == 1);
}

}  // namespace statuspage_test
