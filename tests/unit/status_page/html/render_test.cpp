#include <doctest/doctest.h>
#include <fmt/format.h>
#include <zlib.h>

#include "controlplane/status_page/html/render.h"
#include "controlplane/status_page/html/sources.h"
#include "lib/crypto/crypto.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/sample.h"

namespace render_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace std::chrono_literals;
using html::OneIncident;
using html::OneMaintenance;
using html::OneMonth;
using html::render;

namespace {

const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:00Z");

// The lint suite holds these to the rules of HTML.
void check_golden(const std::string& name, const std::string& text) { test::check_golden("html/golden/" + name + ".html", text); }

bool has(const std::optional<std::string>& page, std::string_view text) { return page && page->find(text) != std::string::npos; }

std::size_t compressed(const std::string& text) {
    auto size = compressBound(text.size());
    std::string packed(size, '\0');
    REQUIRE(compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size(), 6) == Z_OK);
    return size;
}

std::string between(const std::string& text, std::string_view begin, std::string_view end, std::size_t from = 0) {
    const auto at = text.find(begin, from) + begin.size();
    return text.substr(at, text.find(end, at) - at);
}

}  // namespace

TEST_CASE("a page in English, and in Croatian") {
    auto page = test::sample_page();
    check_golden("current-en", *render(page, {.now = kNow, .base = "/status/acme/"}));
    check_golden("month-en", *render(page, {.now = kNow, .base = "/status/acme/", .place = OneMonth{std::chrono::year{2026} / 2}}));
    check_golden("incident-en", *render(page, {.now = kNow, .base = "/status/acme/", .place = OneIncident{page.past[0].id}, .address = "https://status.acme.example/incidents/" + page.past[0].id}));
    check_golden("maintenance-en", *render(page, {.now = kNow, .base = "/status/acme/", .place = OneMaintenance{page.maintenance[0].id}}));
    check_golden("feeds-en", *render(page, {.now = kNow, .base = "/status/acme/", .place = html::Feeds{}}));
    page.look.language = "hr";
    page.look.time_zone = "Europe/Zagreb";
    page.look.indexed = false;
    check_golden("current-hr", *render(page, {.now = kNow + 2h, .base = "/"}));
}

TEST_CASE("every component's feeds are one link away from every page, in every language") {
    auto page = test::sample_page();
    for (const auto* language : {"en", "de", "fr", "es", "hr"}) {
        CAPTURE(language);
        page.look.language = language;
        const auto current = render(page, {.now = kNow, .base = "/status/acme/"});
        const auto feeds = render(page, {.now = kNow, .base = "/status/acme/", .place = html::Feeds{}});
        CHECK(has(current, "<a href=\"/status/acme/feeds\">"));
        CHECK(has(render(page, {.now = kNow, .place = OneIncident{page.open[0].id}}), "<a href=\"/feeds\">"));
        for (const auto& group : page.groups) {
            for (const auto& component : group.components) {
                CAPTURE(component.id);
                for (const auto* kind : {"atom", "rss", "json"}) CHECK(has(feeds, fmt::format("<a href=\"/status/acme/components/{}/feed.{}\"", component.id, kind)));
            }
        }
        for (const auto* type : {"application/atom+xml", "application/rss+xml", "application/feed+json"}) CHECK(has(current, fmt::format("<link rel=\"alternate\" type=\"{}\"", type)));
    }
}

TEST_CASE("what is not there is not drawn") {
    auto page = test::sample_page();
    const auto at = [&](html::Place place) { return render(page, {.now = kNow, .place = std::move(place)}); };
    CHECK_FALSE(at(OneIncident{"inc_none"}));
    CHECK_FALSE(at(OneMaintenance{page.open[0].id}));
    CHECK_FALSE(at(OneMonth{std::chrono::year{2025} / 11}));
    CHECK_FALSE(at(OneMonth{std::chrono::year{2026} / 4}));
    CHECK(at(OneMonth{std::chrono::year{2025} / 12}));
    CHECK(has(at(OneMonth{std::chrono::year{2026} / 1}), "Nothing happened in this month."));
    page.look.shows_history = false;
    CHECK_FALSE(at(OneMonth{std::chrono::year{2026} / 2}));
    CHECK_FALSE(has(at(html::Current{}), "history/"));
    page.look.shows_uptime = false;
    CHECK_FALSE(has(at(html::Current{}), "<svg viewBox=\"0 0 450"));
    CHECK_FALSE(has(at(html::Current{}), "How this is counted"));
}

TEST_CASE("a snapshot older than a minute says how old it is") {
    const auto page = test::sample_page();
    CHECK_FALSE(has(render(page, {.now = kNow + 60s}), "This is what was known"));
    CHECK_FALSE(has(render(page, {.now = kNow - 60s}), "This is what was known"));
    CHECK(has(render(page, {.now = kNow + 61s}), "This is what was known at 1 March 2026, 12:00, 1 minute ago."));
    CHECK(has(render(page, {.now = kNow + 26h, .place = OneIncident{page.open[0].id}}), "1 day 2 hours ago."));
}

TEST_CASE("the policy allows what is in the page, and nothing else") {
    auto page = test::sample_page();
    page.look.css = ".overall{border:0}";
    const auto text = *render(page, {.now = kNow});
    const auto policy = html::content_security_policy(page.look);
    const auto second = text.find("<style>", text.find("</style>"));
    for (const auto& inside : {between(text, "<style>", "</style>"), between(text, "<style>", "</style>", second), between(text, "<script>", "</script>")}) {
        CHECK(policy.find("'sha256-" + crypto::base64(crypto::sha256(inside)) + "'") != std::string::npos);
    }
    CHECK(policy.starts_with("default-src 'none'; "));
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(text.find(" style=") == std::string::npos);
    CHECK(text.find("src=\"http") == std::string::npos);
    page.look.css.clear();
    CHECK(policy != html::content_security_policy(page.look));
}

TEST_CASE("links begin with the base") {
    const auto page = test::sample_page();
    const auto text = render(page, {.now = kNow, .base = "../"});
    CHECK(has(text, "href=\"../incidents/inc_06ht3e8gt0000\""));
    CHECK(has(text, "href=\"../history/2026-03\""));
    CHECK(has(text, "data-base=\"../\""));
    CHECK_FALSE(has(text, "href=\"/"));
}

TEST_CASE("the first look is one small answer") {
    auto page = test::sample_page();
    CHECK(compressed(*render(page, {.now = kNow})) < 15'000);
    for (int i = 0; i < 100; ++i) page.groups[1].components.push_back(test::sample_component(fmt::format("c-{}", i), fmt::format("Component {}", i), Condition::operational, kNow));
    CHECK(compressed(*render(page, {.now = kNow})) < 30'000);
}

TEST_CASE("a page that has nothing yet is a page") {
    const auto text = render(Snapshot{}, {.now = kNow});
    CHECK(has(text, "All systems operational"));
}

TEST_CASE("months are read as they are written") {
    CHECK(html::read_month("2026-02") == std::chrono::year{2026} / 2);
    for (const auto* wrong : {"", "2026", "2026-2", "2026-13", "2026-00", "2026/02", "-026-02", "2026-+2", "2026-02-01", "20 6-02"}) CHECK_FALSE(html::read_month(wrong));
}

TEST_CASE("all files of a page are compiled in") {
    for (const auto* name : {"head.html", "body.html", "style.css", "live.js", "en.json", "hr.json"}) CHECK_FALSE(html::source(name).empty());
    CHECK(html::source("other").empty());
    CHECK(html::source("body.html").find("{{>") == std::string_view::npos);
}

}  // namespace render_test
