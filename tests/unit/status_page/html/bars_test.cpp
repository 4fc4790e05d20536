#include <doctest/doctest.h>

#include "controlplane/status_page/html/bars.h"
#include "tests/unit/status_page/sample.h"

namespace bars_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace sonde::status_page::html;
using namespace std::chrono_literals;

namespace {

const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:00Z");

Json bars_of(const Component& component, int span) {
    const auto page = test::sample_page();
    const Visit visit{.now = kNow};
    return bars({page, visit, Language::find("en"), calendar::Zone::utc()}, component, span);
}

Component component_of(int days) {
    auto component = test::sample_component("api", "API", Condition::operational, kNow, days);
    for (auto& day : component.days) day = {day.date, 1.0, 1.0, Condition::operational, {}};
    return component;
}

}  // namespace

TEST_CASE("good days are one run of one path, and need no note") {
    const auto drawn = bars_of(component_of(90), 90);
    CHECK(drawn.at("runs") == Json::array({{{"mark", "operational"}, {"path", "M0 16H450"}}}));
    CHECK(drawn.at("has_notes") == false);
}

TEST_CASE("what was before a component is drawn as nothing") {
    CHECK(bars_of(component_of(12), 90).at("runs") ==
          Json::array({{{"mark", "nothing"}, {"path", "M0 16H390"}}, {{"mark", "operational"}, {"path", "M390 16H450"}}}));
    CHECK(bars_of(component_of(1), 30).at("runs").at(0).at("path") == "M0 16H145");
}

TEST_CASE("days of a colour share a path, and each that was not good has its note") {
    auto component = component_of(90);
    const auto bad = [&](std::size_t at, Condition worst) {
        const auto begin = std::chrono::floor<std::chrono::days>(kNow) - std::chrono::days{89 - static_cast<int>(at)};
        component.days[at] = {component.days[at].date, 0.95, 0.5, worst, {{begin + 1h, begin + 2h, worst}}};
    };
    bad(0, Condition::major_outage);
    bad(89, Condition::major_outage);
    bad(45, Condition::degraded);
    const auto drawn = bars_of(component, 90);
    CHECK(drawn.at("runs").at(0) == Json{{"mark", "major-outage"}, {"path", "M0 16H5M445 16H450"}});
    CHECK(drawn.at("runs").at(1) == Json{{"mark", "operational"}, {"path", "M5 16H225M230 16H445"}});
    REQUIRE(drawn.at("notes").size() == 3);
    CHECK(drawn.at("notes").at(0).at("place") == "t0 o0 left");
    CHECK(drawn.at("notes").at(1).at("place") == "t4 o5 middle");
    CHECK(drawn.at("notes").at(2).at("place") == "t8 o9 right");
    CHECK(drawn.at("notes").at(2).at("facts") == Json::array({"95.000% uptime", "50.000% of the time observed", "Outage: 01:00 – 02:00, 1 hour"}));
}

TEST_CASE("a day without any observation is no good day") {
    auto component = component_of(2);
    component.days[0] = {component.days[0].date, std::nullopt, std::nullopt, Condition::operational, {}};
    component.days[1] = {component.days[1].date, std::nullopt, 0.0, Condition::unknown, {}};
    const auto drawn = bars_of(component, 30);
    CHECK(drawn.at("runs").at(0).at("path") == "M0 16H145");
    CHECK(drawn.at("runs").at(1).at("mark") == "unknown");
    CHECK(drawn.at("notes").at(0).at("facts") == Json::array({"Nothing was counted"}));
}

TEST_CASE("an outage over midnight says on which days it began and ended, and many are counted") {
    auto component = component_of(1);
    auto& day = component.days[0];
    for (int i = 0; i < 7; ++i) day.disruptions.push_back({kNow - 24h, kNow, Condition::partial_outage});
    day.worst = Condition::partial_outage;
    const auto facts = bars_of(component, 30).at("notes").at(0).at("facts");
    CHECK(facts.at(1) == "Partial outage: 28 February 2026, 12:00 – 12:00, 1 day");
    CHECK(facts.back() == "and 2 more");
}

TEST_CASE("bars are as wide as the longest component asks for") {
    auto page = test::sample_page();
    CHECK(span_of(page) == 90);
    for (auto& group : page.groups) {
        for (auto& component : group.components) component.days.resize(30);
    }
    CHECK(span_of(page) == 30);
    page.groups[0].components[0].days.resize(31);
    CHECK(span_of(page) == 60);
}

}  // namespace bars_test
