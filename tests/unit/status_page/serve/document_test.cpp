#include "controlplane/status_page/serve/document.h"

#include <doctest/doctest.h>

#include <vector>

#include "controlplane/status_page/html/render.h"
#include "tests/unit/status_page/poison.h"

namespace serve_document_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace std::chrono_literals;
using serve::age_of;
using serve::make;
using serve::Use;
using serve::use_of;

namespace {

serve::Asked asked(std::string place, std::int64_t age = 0) { return {std::move(place), "/status/acme/", "https://status.acme.example/", age}; }

// Every document of the sample.
const std::vector<std::pair<std::string, Use>>& all() {
    static const std::vector<std::pair<std::string, Use>> places{
        {"", Use::reading},
        {"feeds", Use::reading},
        {"history/2026-03", Use::reading},
        {"incidents/inc_06ht3e8gt0000", Use::reading},
        {"incidents/inc_06ht3e8gt0001", Use::reading},
        {"maintenance/mnt_06ht3e8gt0002-1", Use::reading},
        {"index.json", Use::data},
        {"feed.rss", Use::data},
        {"feed.atom", Use::data},
        {"feed.json", Use::data},
        {"api/v2/summary.json", Use::data},
        {"api/v2/status.json", Use::data},
        {"api/v2/components.json", Use::data},
        {"api/v2/incidents.json", Use::data},
        {"api/v2/incidents/unresolved.json", Use::data},
        {"api/v2/scheduled-maintenances.json", Use::data},
        {"api/v2/scheduled-maintenances/upcoming.json", Use::data},
        {"api/v2/scheduled-maintenances/active.json", Use::data},
        {"badge/state.svg", Use::picture},
        {"badge/state.json", Use::data},
        {"badge/api/state.svg", Use::picture},
        {"badge/api/uptime.svg", Use::picture},
        {"badge/api/response-time.svg", Use::picture},
        {"badge/api/uptime.json", Use::data},
        {"widget.html", Use::widget},
        {"widget.js", Use::script},
    };
    return places;
}

}  // namespace

TEST_CASE("every document there is can be made") {
    const auto page = test::sample_page();
    for (const auto& [place, use] : all()) {
        CAPTURE(place);
        CHECK(use_of(page, place) == use);
        const auto document = make(page, asked(place));
        REQUIRE(document);
        CHECK_FALSE(document->body.empty());
        CHECK(document->policy.starts_with("default-src 'none'"));
        CHECK((document->policy.find("frame-ancestors *") != std::string::npos) == (use == Use::widget));
    }
}

TEST_CASE("there is nothing at any other place") {
    const auto page = test::sample_page();
    for (const auto* none : {"index", "index.html", "incidents/", "incidents/inc_none", "maintenance/inc_06ht3e8gt0000", "history/", "history/2026", "history/2019-01", "history/2031-01",
                             "history/2026-03/x", "badge/", "badge/state", "badge/none/state.svg", "badge/api/other.svg", "api/v2/", "api/v2/subscribers.json", "api/v2/incidents", "events/x",
                             "../acme", "//", "robots.txt"}) {
        CAPTURE(none);
        CHECK_FALSE(use_of(page, none));
        CHECK_FALSE(make(page, asked(none)));
    }
    // These may be there, and are not.
    CHECK_FALSE(make(page, asked("badge/uptime.svg")));
    CHECK_FALSE(make(page, asked("badge/search/response-time.svg")));
    CHECK_FALSE(make(page, asked("history/2026-06")));
}

TEST_CASE("an old snapshot says its age, in whole minutes") {
    const auto page = test::sample_page();
    CHECK(age_of(page, page.made_at - 1h) == 0);
    CHECK(age_of(page, page.made_at + html::kFresh) == 0);
    CHECK(age_of(page, page.made_at + html::kFresh + 1ms) == std::chrono::floor<std::chrono::minutes>(html::kFresh).count());
    CHECK(age_of(page, page.made_at + 61min + 59s) == 61);
    CHECK(make(page, asked(""))->body.find("This is what was known") == std::string::npos);
    CHECK(make(page, asked("", 61))->body.find("This is what was known at 1 March 2026, 12:00, 1 hour 1 minute ago.") != std::string::npos);
    for (const auto at : {page.made_at + html::kFresh + 1ms, page.made_at + html::kFresh + 59s, page.made_at + 3h}) {
        CHECK(make(page, asked("", age_of(page, at)))->body == *html::render(page, {.now = at, .base = "/status/acme/", .address = "https://status.acme.example/"}));
    }
    CHECK(make(page, asked("widget.html", 61))->body.find("As of") != std::string::npos);
    CHECK(make(page, asked("feed.rss", 61))->body == make(page, asked("feed.rss"))->body);
}

TEST_CASE("texts of any sort make documents of every sort") {
    const auto page = test::filled_page(test::worst_text);
    for (const auto& [place, use] : all()) {
        if (use_of(page, place)) CHECK(make(page, asked(place)));
    }
}

}  // namespace serve_document_test
