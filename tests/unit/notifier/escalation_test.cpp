#include "notifier/core/escalation.h"

#include <doctest/doctest.h>

namespace escalation_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

constexpr ChannelId kOps{1};
constexpr ChannelId kPager{2};
const Directory kThere{.channels = {{kOps, {"ops"}}, {kPager, {"pager"}}}};

Escalation night(int repeat = 0) {
    return {EscalationId{9}, "night", {{milliseconds{0}, {kOps}}, {milliseconds{300'000}, {kPager, kOps}}}, repeat, milliseconds{900'000}};
}

}  // namespace

TEST_CASE("steps come one after the other, the list as often as it is repeated") {
    std::vector<std::string> seen;
    for (int brought = 0;; ++brought) {
        const auto brings = bring(night(1), brought, kThere);
        if (!brings) break;
        CHECK(brings->reached);
        const auto& it = brings->details;
        CHECK(it["number"] == brought + 1);
        CHECK(it["of"] == 4);
        seen.push_back(it["round"].dump() + "/" + it["rounds"].dump() + " " + it["step"].dump() + "/" + it["steps"].dump() + " then " + it["next_after_ms"].dump());
    }
    CHECK(seen == std::vector<std::string>{"1/2 1/2 then 300000", "1/2 2/2 then 900000", "2/2 1/2 then 300000", "2/2 2/2 then null"});
    CHECK(bring(night(), 0, kThere)->details["policy"] == Json{{"id", EscalationId{9}.text()}, {"name", "night"}});
}

TEST_CASE("a step says whom it reaches, and whom not, and why") {
    const auto all = bring(night(), 1, kThere)->details;
    CHECK(all["targets"] == Json{{{"channel", {{"id", kPager.text()}, {"name", "pager"}}}}, {{"channel", {{"id", kOps.text()}, {"name", "ops"}}}}});
    CHECK(all["left_out"].empty());
    const auto some = bring(night(), 1, {.channels = {{kOps, {"ops", true, true}}, {kPager, {"pager", false}}}});
    CHECK_FALSE(some->reached);
    CHECK(some->details["targets"].empty());
    CHECK(some->details["left_out"] == Json{{{"channel", {{"id", kPager.text()}, {"name", "pager"}}}, {"why", "channel_disabled"}},
                                            {{"channel", {{"id", kOps.text()}, {"name", "ops"}}}, {"why", "muted"}}});
    CHECK(bring(night(), 1, {})->details["left_out"].empty());
}

TEST_CASE("people are reached by their channels, each channel once, and a schedule is whoever is on call") {
    const Directory there{.channels = {{kOps, {"ops"}}, {kPager, {"pager"}}},
                          .people = {{UserId{1}, {"ann", false, {kPager, kOps}}}, {UserId{2}, {"bob", true, {kPager}}}, {UserId{3}, {"eve", false, {}}}},
                          .schedules = {{ScheduleId{1}, {"first line", UserId{1}, "weekly", {}}},
                                        {ScheduleId{2}, {"second line", UserId{3}, {}, ScheduleOverrideId{7}}},
                                        {ScheduleId{3}, {"third line"}}}};
    const auto step = [](EscalationStep one) { return Escalation{EscalationId{9}, "e", {std::move(one)}}; };
    const auto of = [](UserId id, const char* name) { return Json{{"id", id.text()}, {"name", name}}; };
    const auto on = [](ScheduleId id, const char* name) { return Json{{"id", id.text()}, {"name", name}}; };
    const Json ops{{"id", kOps.text()}, {"name", "ops"}}, pager{{"id", kPager.text()}, {"name", "pager"}};

    const auto people = bring(step({.channels = {kOps}, .users = {UserId{1}, UserId{2}, UserId{3}, UserId{4}}}), 0, there)->details;
    CHECK(people["targets"] == Json{{{"channel", ops}}, {{"channel", pager}, {"user", of(UserId{1}, "ann")}}});
    CHECK(people["left_out"] == Json{{{"user", of(UserId{2}, "bob")}, {"why", "user_disabled"}}, {{"user", of(UserId{3}, "eve")}, {"why", "no_channels"}}});
    const auto lines = bring(step({.schedules = {ScheduleId{1}, ScheduleId{2}, ScheduleId{3}}}), 0, there)->details;
    CHECK(lines["targets"] == Json{{{"channel", pager}, {"user", of(UserId{1}, "ann")}, {"schedule", on(ScheduleId{1}, "first line")}, {"layer", "weekly"}},
                                   {{"channel", ops}, {"user", of(UserId{1}, "ann")}, {"schedule", on(ScheduleId{1}, "first line")}, {"layer", "weekly"}}});
    CHECK(lines["left_out"] == Json{{{"user", of(UserId{3}, "eve")}, {"schedule", on(ScheduleId{2}, "second line")}, {"override_id", ScheduleOverrideId{7}.text()}, {"why", "no_channels"}},
                                    {{"schedule", on(ScheduleId{3}, "third line")}, {"why", "nobody_on_call"}}});
}

TEST_CASE("a step that leads to nobody is followed by the next at once, but not by the next round") {
    CHECK(bring(night(1), 0, {})->details["next_after_ms"] == 0);
    CHECK(bring(night(1), 1, {})->details["next_after_ms"] == 900'000);
    CHECK(bring(night(1), 3, {})->details["next_after_ms"].is_null());
    CHECK_FALSE(bring(night(1), 4, {}));
}

TEST_CASE("what is stored is read") {
    const auto read = read_stored_escalation(EscalationId{9}, "night", R"([{"after_ms": 5, "channels": [1, 2], "users": [3], "schedules": [4]}])", R"({"times": 3, "after_ms": 7})");
    REQUIRE(read.steps.size() == 1);
    CHECK(read.steps[0].after == milliseconds{5});
    CHECK(read.steps[0].channels == std::vector{kOps, kPager});
    CHECK(read.steps[0].users == std::vector{UserId{3}});
    CHECK(read.steps[0].schedules == std::vector{ScheduleId{4}});
    CHECK(read.repeat == 3);
    CHECK(read.repeat_after == milliseconds{7});
    CHECK_THROWS(read_stored_escalation(EscalationId{9}, "night", "{", "{}"));
}

}  // namespace escalation_test
