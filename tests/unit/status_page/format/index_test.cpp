#include "controlplane/status_page/format/index.h"

#include <doctest/doctest.h>

#include "lib/json/json.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/sample.h"

namespace index_test {

using namespace sonde;
using namespace sonde::status_page;

namespace {

constexpr std::string_view kBase = "https://status.acme.example/";

Json read(const Snapshot& page) { return *json::parse(format::index_json(page, kBase)); }

}  // namespace

TEST_CASE("all that a page shows, as one document") {
    auto page = test::sample_page();
    for (auto& group : page.groups) {
        for (auto& component : group.components) component.days.erase(component.days.begin(), component.days.end() - 2);
    }
    page.groups[1].components[0].days[0].disruptions = {{page.made_at - std::chrono::hours{24}, page.made_at - std::chrono::hours{23}, Condition::degraded}};
    test::check_golden("format/golden/index.json", json::dump_pretty(read(page)));
}

TEST_CASE("what the page does not show is not in its document") {
    auto page = test::sample_page();
    page.look.shows_uptime = false;
    page.look.shows_history = false;
    page.maintenance[0].progress = Progress::completed;
    const auto document = read(page);
    const auto& component = document.at("groups").at(0).at("components").at(0);
    for (const auto* absent : {"uptime", "coverage", "days"}) CHECK_FALSE(component.contains(absent));
    CHECK_FALSE(document.contains("past"));
    CHECK_FALSE(document.contains("accounting"));
    CHECK(document.at("maintenance").size() == 1);
}

TEST_CASE("uptime is cut as it is on the page, and null where nothing counted") {
    auto page = test::sample_page();
    auto& component = page.groups[0].components[0];
    component.uptime = 0.999999;
    component.coverage.reset();
    const auto told = read(page).at("groups").at(0).at("components").at(0);
    CHECK(told.at("uptime").get<double>() == 0.99999);
    CHECK(told.at("coverage").is_null());
}

}  // namespace index_test
