#include "lib/oncall/plan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace oncall_plan_test {

using namespace sonde;
using namespace sonde::oncall;
using namespace std::chrono_literals;

namespace {

constexpr UserId kAnn{1};
constexpr UserId kBob{2};
constexpr UserId kEve{3};

TimePoint utc(const char* text) { return from_rfc3339(text).value(); }

Wall wall(int year, unsigned month, unsigned day, int hour, int minute = 0) {
    return Wall{std::chrono::local_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}} + std::chrono::hours{hour} + std::chrono::minutes{minute};
}

Plan berlin(std::vector<Layer> layers) { return {*calendar::Zone::find("Europe/Berlin"), std::move(layers)}; }

std::string shown(const std::vector<Span>& spans) {
    std::string text;
    for (const auto& span : spans) {
        text += fmt::format("{} {}", to_rfc3339(span.from).substr(0, 16), span.duty.user ? std::to_string(span.duty.user.value()) : "gap");
        if (span.duty.layer) text += fmt::format(" layer {}", *span.duty.layer);
        if (span.duty.substitute) text += " instead";
        text += "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("turns go round, each from its hand-over at the same time of the day, whatever the clocks do") {
    const auto plan = berlin({{.name = "weekly", .members = {kAnn, kBob}, .start = wall(2026, 3, 16, 9), .length = std::chrono::hours{7 * 24}}});
    CHECK(shown(on_call(plan, {}, utc("2026-03-16T00:00:00Z"), utc("2026-04-07T00:00:00Z"))) ==
          "2026-03-16T00:00 gap\n"
          "2026-03-16T08:00 1 layer 0\n"
          "2026-03-23T08:00 2 layer 0\n"
          "2026-03-30T07:00 1 layer 0\n"
          "2026-04-06T07:00 2 layer 0\n");
    const auto back = berlin({{.name = "shifts", .members = {kAnn, kBob}, .start = wall(2026, 10, 24, 8), .length = 12h}});
    CHECK(shown(on_call(back, {}, utc("2026-10-24T06:00:00Z"), utc("2026-10-25T20:00:00Z"))) ==
          "2026-10-24T06:00 1 layer 0\n"
          "2026-10-24T18:00 2 layer 0\n"
          "2026-10-25T07:00 1 layer 0\n"
          "2026-10-25T19:00 2 layer 0\n");
}

TEST_CASE("a hand-over that the clocks skip is when they skip it; one that they show twice, the first time") {
    const auto forward = berlin({{.name = "nightly", .members = {kAnn, kBob}, .start = wall(2026, 3, 28, 2, 30), .length = 24h}});
    CHECK(shown(on_call(forward, {}, utc("2026-03-28T12:00:00Z"), utc("2026-03-30T12:00:00Z"))) ==
          "2026-03-28T12:00 1 layer 0\n"
          "2026-03-29T01:00 2 layer 0\n"
          "2026-03-30T00:30 1 layer 0\n");
    const auto back = berlin({{.name = "nightly", .members = {kAnn, kBob}, .start = wall(2026, 10, 24, 2, 30), .length = 24h}});
    CHECK(shown(on_call(back, {}, utc("2026-10-24T12:00:00Z"), utc("2026-10-25T12:00:00Z"))) ==
          "2026-10-24T12:00 1 layer 0\n"
          "2026-10-25T00:30 2 layer 0\n");
}

TEST_CASE("a later layer counts in its hours, the earlier one else, and whoever takes over before all") {
    const Layer days{.name = "days", .members = {kBob}, .start = wall(2026, 1, 1, 0), .length = 24h, .hours = {{{1, 2, 3, 4, 5}, 9h, 17h}}};
    const Layer always{.name = "always", .members = {kAnn}, .start = wall(2026, 1, 1, 0), .length = 24h, .hours = {}};
    const auto plan = berlin({always, days});
    const std::vector<Substitute> takes_over{{ScheduleOverrideId{5}, kEve, utc("2026-01-09T10:00:00Z"), utc("2026-01-09T20:00:00Z")}};
    CHECK(shown(on_call(plan, takes_over, utc("2026-01-08T12:00:00Z"), utc("2026-01-12T12:00:00Z"))) ==
          "2026-01-08T12:00 2 layer 1\n"
          "2026-01-08T16:00 1 layer 0\n"
          "2026-01-09T08:00 2 layer 1\n"
          "2026-01-09T10:00 3 instead\n"
          "2026-01-09T20:00 1 layer 0\n"
          "2026-01-12T08:00 2 layer 1\n");
    CHECK(on_call(plan, takes_over, utc("2026-01-09T19:59:59.999Z")).user == kEve);
}

TEST_CASE("hours may go over midnight, and what nobody covers is a gap") {
    const auto plan = berlin({{.name = "nights", .members = {kAnn}, .start = wall(2026, 1, 1, 0), .length = 24h, .hours = {{{5, 7}, 22h, 6h}}}});
    CHECK(shown(on_call(plan, {}, utc("2026-01-09T12:00:00Z"), utc("2026-01-12T12:00:00Z"))) ==
          "2026-01-09T12:00 gap\n"
          "2026-01-09T21:00 1 layer 0\n"
          "2026-01-10T05:00 gap\n"
          "2026-01-11T21:00 1 layer 0\n"
          "2026-01-12T05:00 gap\n");
    CHECK(shown(on_call(berlin({}), {}, utc("2026-01-09T12:00:00Z"), utc("2026-01-10T12:00:00Z"))) == "2026-01-09T12:00 gap\n");
    CHECK(on_call(berlin({}), {}, utc("2026-01-09T12:00:00Z"), utc("2026-01-09T12:00:00Z")).empty());
}

}  // namespace oncall_plan_test
