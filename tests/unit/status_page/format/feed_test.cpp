#include "controlplane/status_page/format/feed.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "controlplane/status_page/format/news.h"
#include "controlplane/status_page/format/parts.h"
#include "lib/json/json.h"
#include "tests/unit/status_page/golden.h"
#include "tests/unit/status_page/sample.h"

namespace feed_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace std::chrono_literals;
using format::news_of;

namespace {

constexpr std::string_view kBase = "https://status.acme.example/";
const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:00Z");

}  // namespace

// The lint suite has a feed reader read these.
TEST_CASE("three feeds of one page") {
    auto page = test::sample_page();
    test::check_golden("format/golden/feed.rss", format::rss(page, kBase));
    test::check_golden("format/golden/feed.atom", format::atom(page, kBase));
    test::check_golden("format/golden/feed.json", json::dump_pretty(*json::parse(format::json_feed(page, kBase))));
    page.look.language = "hr";
    page.look.time_zone = "Europe/Zagreb";
    test::check_golden("format/golden/feed-hr.atom", format::atom(page, kBase));
}

TEST_CASE("a component has feeds of its own, with what is about it alone") {
    const auto page = test::sample_page();
    const auto feed = *json::parse(format::json_feed(page, kBase, "billing"));
    CHECK(feed["title"] == "Billing · " + page.look.title);
    CHECK(feed["home_page_url"] == kBase);
    CHECK(feed["feed_url"] == "https://status.acme.example/components/billing/feed.json");
    std::set<std::string> expected;
    for (const auto& entry : news_of(page, kBase)) {
        const auto about = [&](const auto& all) {
            return std::any_of(all.begin(), all.end(), [&](const auto& one) { return format::lasting_id(one) == entry.id && std::count(one.components.begin(), one.components.end(), "billing") > 0; });
        };
        if (about(page.open) || about(page.past) || about(page.maintenance)) expected.insert(entry.id);
    }
    std::set<std::string> told;
    for (const auto& item : feed["items"]) told.insert(item["id"]);
    CHECK(told == expected);
    CHECK(!told.empty());
    CHECK(told.size() < news_of(page, kBase).size());
    // An incident of two components names both in either's feed.
    CHECK(format::rss(page, kBase, "search").find("API and Search") != std::string::npos);
    CHECK(format::rss(page, kBase, "search").find("components/search/feed.rss\"/>") != std::string::npos);
    const auto atom = format::atom(page, kBase, "api");
    CHECK(atom.find("components/api/feed.atom\"/>") != std::string::npos);
    CHECK(atom.substr(0, atom.find("<entry>")).find("<id>") != std::string::npos);
    const auto id_of = [](const std::string& text) { return text.substr(text.find("<id>"), text.find("</id>") - text.find("<id>")); };
    CHECK(id_of(atom) != id_of(format::atom(page, kBase)));
    CHECK(id_of(atom) != id_of(format::atom(page, kBase, "search")));
}

TEST_CASE("what changed last comes first, under an identifier that stays") {
    auto page = test::sample_page();
    const auto before = news_of(page, kBase);
    REQUIRE(before.size() == 4);
    CHECK(before[0].title == "Orders are slow");
    auto& old = page.past[0];
    old.updates.insert(old.updates.begin(), {2, kNow, Phase::resolved, "One thing more."});
    const auto after = news_of(page, "https://elsewhere.example/status/acme/");
    CHECK(after[0].title == old.title);
    CHECK(after[0].url == "https://elsewhere.example/status/acme/incidents/" + old.id);
    std::set<std::string> ids_before;
    std::set<std::string> ids_after;
    for (const auto& entry : before) ids_before.insert(entry.id);
    for (const auto& entry : after) ids_after.insert(entry.id);
    CHECK(ids_before == ids_after);
    CHECK(ids_before.size() == 4);
}

TEST_CASE("a maintenance has the time of its last step") {
    auto page = test::sample_page();
    page.open.clear();
    page.past.clear();
    page.maintenance.resize(1);
    auto& window = page.maintenance[0];
    const auto changed = [&] { return news_of(page, kBase)[0].changed; };
    CHECK(changed() == window.starts_at);
    window.progress = Progress::scheduled;
    CHECK(changed() == window.announced_at);
    window.progress = Progress::completed;
    CHECK(changed() == window.ends_at);
    window.announced_at = window.ends_at + 1h;  // written down afterwards
    CHECK(changed() == window.announced_at);
}

TEST_CASE("a feed is the same until something happens") {
    auto page = test::sample_page();
    const auto rss = format::rss(page, kBase);
    const auto atom = format::atom(page, kBase);
    const auto feed = format::json_feed(page, kBase);
    page.made_at += 1min;
    CHECK(format::rss(page, kBase) == rss);
    CHECK(format::atom(page, kBase) == atom);
    CHECK(format::json_feed(page, kBase) == feed);
    page.open[0].updates.insert(page.open[0].updates.begin(), {3, kNow, Phase::monitoring, "Better."});
    CHECK(format::rss(page, kBase) != rss);
}

TEST_CASE("a page without history tells what is open, and one without anything is a feed") {
    auto page = test::sample_page();
    page.look.shows_history = false;
    CHECK(news_of(page, kBase).size() == 3);
    const auto text = format::atom(Snapshot{}, kBase);
    CHECK(text.find("<entry>") == std::string::npos);
    CHECK(text.find("<updated>") != std::string::npos);
    CHECK(json::parse(format::json_feed(Snapshot{}, kBase))->at("items").empty());
}

TEST_CASE("a feed is bounded") {
    auto page = test::sample_page();
    for (int i = 0; i < 500; ++i) page.past.push_back(page.past[0]);
    const auto entries = news_of(page, kBase);
    CHECK(entries.size() == format::kMostEntries);
    CHECK(entries[0].title == "Orders are slow");
}

}  // namespace feed_test
