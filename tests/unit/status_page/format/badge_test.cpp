#include "controlplane/status_page/format/badge.h"

#include <doctest/doctest.h>

#include "lib/json/json.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/sample.h"

namespace badge_test {

using namespace sonde;
using namespace sonde::status_page;
using format::badge;

namespace {

bool has(const std::optional<std::string>& text, std::string_view part) { return text && text->find(part) != std::string::npos; }

Json told(const Snapshot& page, std::string_view place) { return *json::parse(*badge(page, place)); }

}  // namespace

TEST_CASE("badges of a page and of a component") {
    const auto page = test::sample_page();
    test::check_golden("format/golden/badge-state.svg", *badge(page, "state.svg"));
    test::check_golden("format/golden/badge-uptime.svg", *badge(page, "api/uptime.svg"));
    test::check_golden("format/golden/badge-response-time.svg", *badge(page, "api/response-time.svg"));
}

TEST_CASE("the same for shields.io") {
    const auto page = test::sample_page();
    CHECK(*badge(page, "search/state.json") == R"({"schemaVersion":1,"label":"Search","message":"Degraded","color":"#c27c00"})");
    CHECK(told(page, "api/uptime.json").at("message") == "99.971% uptime");
    CHECK(told(page, "api/response-time.json").at("message") == "82–140 ms");
}

TEST_CASE("a badge says in words what it shows") {
    CHECK(has(badge(test::sample_page(), "api/state.svg"), "<title>API: Outage</title>"));
    CHECK(has(badge(test::sample_page(), "api/state.svg"), "role=\"img\" aria-label=\"API: Outage\""));
}

TEST_CASE("what the page has not, or does not show, has no badge") {
    auto page = test::sample_page();
    for (const auto* none : {"", "state", "state.png", "uptime.svg", "other/state.svg", "api/", "api/state", "api/other.svg", "api/api/state.svg", "../state.svg", "search/response-time.svg"}) {
        CAPTURE(none);
        CHECK_FALSE(badge(page, none));
    }
    page.look.shows_uptime = false;
    CHECK_FALSE(badge(page, "api/uptime.svg"));
    page.look.shows_uptime = true;
    page.groups[1].components[0].uptime.reset();
    CHECK_FALSE(badge(page, "api/uptime.svg"));
}

TEST_CASE("uptime is green from three nines") {
    auto page = test::sample_page();
    const auto colour = [&](double share) {
        page.groups[0].components[0].uptime = share;
        return told(page, "website/uptime.json").at("color").get<std::string>();
    };
    CHECK(colour(1.0) == "#1c9160");
    CHECK(colour(0.999) == "#1c9160");
    CHECK(colour(0.9989) == "#c27c00");
    CHECK(colour(0.98) == "#dd5b14");
}

TEST_CASE("a long name is cut by characters") {
    auto page = test::sample_page();
    page.look.title.clear();
    for (int i = 0; i < 500; ++i) page.look.title += "é";
    const auto label = told(page, "state.json").at("label").get<std::string>();
    CHECK(label.size() == 60 * 2 + 3);
    CHECK(badge(page, "state.svg")->size() < 2'000);
    page.look.title.clear();
    CHECK(has(badge(page, "state.svg"), "<title>Partial outage</title>"));
}

}  // namespace badge_test
