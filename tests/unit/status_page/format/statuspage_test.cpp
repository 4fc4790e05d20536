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
