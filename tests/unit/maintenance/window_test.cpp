// When maintenance windows are, across changes of the clocks too; and what is refused.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lib/maintenance/window.h"

namespace window_test {

using namespace sonde;
using namespace sonde::maintenance;

namespace {

TimePoint at(const std::string& text) { return from_rfc3339(text).value(); }

Json weekly() {
    return {{"title", "Updates"}, {"starts_at", "2026-01-01T00:00:00Z"}, {"rrule", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30;BYSECOND=0"},
            {"duration_ms", 5'400'000}, {"timezone", "Europe/Berlin"}, {"targets", {{"tags", {"prod"}}}}};
}

Json once() {
    return {{"title", "Switch"}, {"starts_at", "2026-02-01T02:00:00Z"}, {"ends_at", "2026-02-01T03:00:00Z"}, {"targets", {{"tags", {"prod"}}}}};
}

Draft read(const Json& document) {
    json::Problems problems;
    auto draft = read_draft(document, "", problems);
    for (const auto& problem : problems) FAIL(problem.pointer << ": " << problem.detail);
    return draft;
}

std::string refused(const Json& base, const Json& patch) {
    auto document = base;
    document.merge_patch(patch);
    json::Problems problems;
    read_draft(document, "", problems);
    std::string text;
    for (const auto& problem : problems) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", problem.pointer, problem.detail);
    return text;
}

Plan plan_of(const Json& document) { return Plan::of(read(document)).value(); }

std::string text(const std::vector<Occurrence>& all) {
    std::string out;
    for (const auto& one : all) out += fmt::format("{}{}..{}", out.empty() ? "" : " ", to_rfc3339(one.start).substr(5, 11), to_rfc3339(one.end).substr(5, 11));
    return out;
}

}  // namespace

TEST_CASE("a window that is once is from its start until its end") {
    const auto plan = plan_of(once());
    CHECK_FALSE(plan.at(at("2026-02-01T01:59:59.999Z"), {}));
    CHECK(plan.at(at("2026-02-01T02:00:00Z"), {}) == Occurrence{at("2026-02-01T02:00:00Z"), at("2026-02-01T03:00:00Z")});
    CHECK_FALSE(plan.at(at("2026-02-01T03:00:00Z"), {}));
    CHECK(plan.next_edge(at("2026-01-01T00:00:00Z"), {}) == at("2026-02-01T02:00:00Z"));
    CHECK(plan.next_edge(at("2026-02-01T02:00:00Z"), {}) == at("2026-02-01T03:00:00Z"));
    CHECK_FALSE(plan.next_edge(at("2026-02-01T03:00:00Z"), {}));
    CHECK(plan.over_at() == at("2026-02-01T03:00:00Z"));
}

TEST_CASE("a recurring window follows the clock on the wall, and lasts as long as time passes") {
    const auto plan = plan_of(weekly());
    // 02:30 does not exist on 29 March, when clocks go forward, and comes twice on 25 October, when they go back.
    CHECK(text(plan.between(at("2026-03-20T00:00:00Z"), at("2026-04-07T00:00:00Z"), 10, {})) ==
          "03-22T01:30..03-22T03:00 03-29T01:30..03-29T03:00 04-05T00:30..04-05T02:00");
    CHECK(text(plan.between(at("2026-10-17T00:00:00Z"), at("2026-11-02T00:00:00Z"), 10, {})) ==
          "10-18T00:30..10-18T02:00 10-25T00:30..10-25T02:00 11-01T01:30..11-01T03:00");
    CHECK_FALSE(plan.over_at());
    CHECK(plan.at(at("2026-03-29T02:59:59Z"), {}));
    CHECK_FALSE(plan.at(at("2026-03-29T03:00:00Z"), {}));
    CHECK_MESSAGE(!plan.at(at("2025-12-28T02:00:00Z"), {}), "none is before starts_at");
}

TEST_CASE("every edge of a year is found from the edge before, whatever the clocks") {
    for (const auto* zone : {"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"}) {
        auto document = weekly();
        document["timezone"] = zone;
        document["rrule"] = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0";
        const auto plan = plan_of(document);
        auto now = at("2026-01-01T12:00:00Z");
        int edges = 0;
        bool inside = plan.at(now, {}).has_value();
        for (; edges < 730; ++edges) {
            const auto next = plan.next_edge(now, {});
            REQUIRE(next);
            CHECK(*next > now);
            CHECK(plan.at(*next, {}).has_value() != plan.at(*next - milliseconds{1}, {}).has_value());
            CHECK(plan.at(*next - milliseconds{1}, {}).has_value() == inside);
            inside = !inside;
            now = *next;
        }
        CHECK(now - at("2026-01-01T12:00:00Z") < std::chrono::hours{24 * 367});
    }
}

TEST_CASE("ends that people gave count for their occurrence alone") {
    const auto plan = plan_of(weekly());
    const auto start = at("2026-03-22T01:30:00Z");
    SUBCASE("earlier") {
        const Ends ends{{start, start + seconds{60}}};
        CHECK_FALSE(plan.at(start + seconds{60}, ends));
        CHECK(plan.next_edge(start, ends) == start + seconds{60});
        CHECK(plan.at(at("2026-03-29T02:30:00Z"), ends));
    }
    SUBCASE("much later, over the next one") {
        const Ends ends{{start, at("2026-03-30T00:00:00Z")}};
        CHECK(plan.at(at("2026-03-25T00:00:00Z"), ends)->start == start);
        CHECK(plan.at(at("2026-03-29T02:00:00Z"), ends)->start == start);
        CHECK(plan.between(at("2026-03-25T00:00:00Z"), at("2026-03-26T00:00:00Z"), 10, ends).size() == 1);
        CHECK_FALSE(plan.at(at("2026-03-30T00:00:00Z"), ends));
    }
    SUBCASE("of an occurrence that an edit has taken away: none") {
        const Ends ends{{start + seconds{1}, at("2026-03-30T00:00:00Z")}};
        CHECK_FALSE(plan.at(at("2026-03-25T00:00:00Z"), ends));
    }
}

TEST_CASE("a rule that counts is over after its last occurrence") {
    auto document = weekly();
    document["rrule"] = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30;BYSECOND=0;COUNT=2";
    CHECK(plan_of(document).over_at() == at("2026-01-11T03:00:00Z"));
}

TEST_CASE("a draft survives its document") {
    for (const auto& document : {weekly(), once()}) {
        const auto draft = read(document);
        CHECK(read(write_draft(draft)) == draft);
    }
}

TEST_CASE("what is no window is refused, with where and why") {
    CHECK(refused(once(), {{"title", ""}, {"ends_at", "2026-02-01T02:00:00Z"}}) == "/title: must be a string of 1 to 200 bytes; /ends_at: must be after starts_at");
    CHECK(refused(once(), {{"ends_at", "2028-02-01T02:00:00Z"}}) == "/ends_at: must be at most 366d after starts_at");
    CHECK(refused(once(), {{"ends_at", nullptr}}) == ": the field \"ends_at\" is required");
    CHECK(refused(once(), {{"duration_ms", 1000}}) == "/duration_ms: is for windows that recur: give ends_at, or an rrule");
    CHECK(refused(once(), {{"starts_at", "tomorrow"}}) == "/starts_at: must be an instant as RFC 3339 has it: 2026-01-31T22:00:00Z");
    CHECK(refused(once(), {{"targets", {{"tags", Json::array()}}}}) == "/targets: must name a site, a monitor or a tag");
    CHECK(refused(once(), {{"targets", {{"sites", {"mon_06ht3e8gt0000"}}}}}) == "/targets/sites: has no identifier of the right kind in mon_06ht3e8gt0000");
    CHECK(refused(once(), {{"state", "active"}}) == "/state: is set by the server and cannot be given");
    CHECK(refused(weekly(), {{"rrule", "FREQ=FORTNIGHTLY"}}).starts_with("/rrule: column "));
    CHECK(refused(weekly(), {{"timezone", "Europe/Berln"}}) == "/timezone: is not a time zone of the IANA database: Europe/Berln");
    CHECK(refused(weekly(), {{"duration_ms", 0}}).starts_with("/duration_ms: must be "));
    CHECK(refused(weekly(), {{"ends_at", "2026-02-01T02:00:00Z"}}).starts_with("/ends_at: is for windows that are once"));
    CHECK(refused(weekly(), {{"rrule", "FREQ=HOURLY"}, {"duration_ms", 3'600'001}}).starts_with("/duration_ms: is longer than the time from one occurrence to the next: 1h from "));
    CHECK(refused(weekly(), {{"rrule", "FREQ=HOURLY"}, {"duration_ms", 3'600'000}}).empty());
    CHECK_MESSAGE(refused(weekly(), {{"rrule", "FREQ=DAILY;BYHOUR=0"}, {"duration_ms", 86'400'000}}).empty(), "a day of 23 hours is no mistake");
    CHECK(refused(weekly(), {{"rrule", "FREQ=DAILY;UNTIL=20250101T000000Z"}}) == "/rrule: never happens after starts_at");
}

TEST_CASE("a recurring window that begins within a second holds from then on") {
    for (int ms = 0; ms < 1000; ms += 37) {
        maintenance::Draft draft;
        draft.starts_at = from_unix_ms(1'790'000'000'000 + ms);
        draft.rrule = "FREQ=DAILY";
        draft.timezone = "UTC";
        draft.duration = std::chrono::hours{1};
        const auto plan = maintenance::Plan::of(draft);
        REQUIRE(plan);
        CAPTURE(ms);
        CHECK(plan->at(draft.starts_at + seconds{5}, {}));
        CHECK(plan->at(draft.starts_at, {}));
    }
}

}  // namespace window_test
