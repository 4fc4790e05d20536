#include "notifier/core/wording.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lib/base/utf8.h"
#include "notifier/core/words.h"
#include "tests/unit/notifier/events.h"

namespace wording_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace sonde::test;

namespace {

std::string shown(const Notice& notice) {
    std::string text = fmt::format("{} {} {}\n{}\n", name_of(notice.verb), name_of(notice.tone), notice.thread, notice.title);
    if (!notice.text.empty()) text += notice.text + "\n";
    for (const auto& fact : notice.facts) text += fmt::format("* {}: {}\n", fact.name, fact.value);
    if (!notice.link.empty()) text += notice.link + "\n";
    return text;
}

}  // namespace

TEST_CASE("every kind of event has its words") {
    std::string all;
    for (const auto kind : EnumNames<EventKind>::names) {
        const auto event = event_document(std::string(kind));
        all += fmt::format("== {}\n{}\n", text_of(event, "kind"), shown(notice_of(event, "")));
    }
    CHECK(golden_text("tests/unit/notifier/golden/notices.txt", all) == all);
}

TEST_CASE("what somebody opened is called as he calls it") {
    const auto title_of = [](const char* kind, bool with_monitors) {
        auto event = event_document(kind);
        auto& incident = event["incident"];
        incident["opened_by"] = "token:ann";
        incident["title"] = "Orders stand";
        if (!with_monitors) incident["monitors"] = Json::array();
        event["site"]["name"] = "Shop";
        return notice_of(event, "").title;
    };
    CHECK(title_of("incident.opened", false) == "INCIDENT: Shop / Orders stand");
    CHECK(title_of("incident.opened", true) == "INCIDENT: Shop / Orders stand");
    CHECK(title_of("incident.resolved", false).ends_with(": Shop / Orders stand"));
    CHECK(title_of("incident.escalated", false) == "ESCALATED: Shop / Orders stand");
    CHECK(title_of("incident.reminder", false).ends_with(": Shop / Orders stand"));
}

TEST_CASE("a title is one line and says something, whatever is missing from the document") {
    for (const auto kind : EnumNames<EventKind>::names) {
        CAPTURE(kind);
        const auto full = event_document(std::string(kind));
        CHECK(notice_of(full, "").title.find('\n') == std::string::npos);
        const auto bare = notice_of({{"kind", kind}, {"id", "evt_0000000000001"}}, "");
        CHECK(!bare.title.empty());
        CHECK(bare.link.empty());
        Json odd = full;
        for (auto& [name, value] : odd.items()) {
            if (name != "kind") value = 7;
        }
        CHECK(!notice_of(odd, "").title.empty());
    }
}

TEST_CASE("what has ended is not updated: later news of it stands for itself") {
    auto event = event_document("incident.commented");
    CHECK(notice_of(event, "").verb == Verb::update);
    event["incident"]["state"] = "resolved";
    CHECK(notice_of(event, "").verb == Verb::info);
}

TEST_CASE("a link leads to what the event is about, where people are known to find it") {
    CHECK(notice_of(event_document("incident.opened"), "https://sonde.example").link == "https://sonde.example/incidents/inc_000000000000b");
    CHECK(notice_of(event_document("certificate.expiring"), "https://sonde.example").link == "https://sonde.example/monitors/mon_0000000000007");
    CHECK(notice_of(event_document("coverage.lost"), "https://sonde.example").link.empty());
}

TEST_CASE("several monitors are told by their site, and what the regions saw once") {
    auto event = event_document("incident.opened");
    event["incident"]["monitors"].push_back({{"id", "mon_0000000000008"}, {"name", "Cart"}, {"cause", "http_status"}, {"left_at", nullptr}});
    CHECK(notice_of(event, "").title == "DOWN: Café API — 2 monitors are failing in eu, us");
    event["incident"]["monitors"][0]["left_at"] = "2026-01-01T00:01:00.000Z";
    CHECK(notice_of(event, "").title == "DOWN: Café API / Cart — unexpected HTTP status in eu, us");
    CHECK(notice_of(event, "").text == "eu, us: connect to 192.0.2.1:443: refused");
}

TEST_CASE("durations are as people say them") {
    const auto between = [](const char* to) { return time_between({{"a", "2026-01-01T00:00:00Z"}, {"b", to}}, "a", "b"); };
    CHECK(between("2026-01-01T00:00:45Z") == "45 s");
    CHECK(between("2026-01-01T00:04:00Z") == "4 min");
    CHECK(between("2026-01-01T00:01:30Z") == "1 min 30 s");
    CHECK(between("2026-01-01T00:12:30Z") == "12 min");
    CHECK(between("2026-01-01T01:05:00Z") == "1 h 5 min");
    CHECK(between("2026-01-03T03:00:00Z") == "2 days 3 h");
    CHECK(between("2025-12-31T00:00:00Z").empty());
    CHECK(between("soon").empty());
}

}  // namespace wording_test
