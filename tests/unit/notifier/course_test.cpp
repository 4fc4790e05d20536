#include "notifier/core/course.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "notifier/core/event.h"
#include "notifier/core/plan.h"

namespace course_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

constexpr TimePoint kStart{seconds{1'800'000'000}};
constexpr milliseconds kFirst{300'000};
constexpr milliseconds kNext{60'000};
const Beginning kNight{CourseKind::escalation, 7, RouteId{1}, kFirst, false};
const Beginning kHourly{CourseKind::reminder, 8, RouteId{1}, kFirst, true};

News news(const std::string& kind, bool acknowledged = false) { return {.kind = kind, .of_incident = true, .acknowledged = acknowledged}; }

News brought(const std::string& kind, std::int64_t source, int number, std::optional<milliseconds> next) {
    auto one = news(kind);
    one.brought = Brought{source, number, next, {}};
    return one;
}

TimePoint at(int minutes) { return kStart + std::chrono::minutes{minutes}; }

// What the ledger does when it has asked.
void ask(Course& course) {
    course.state = CourseState::asked;
    course.due_at.reset();
}

}  // namespace

TEST_CASE("an opening begins what the rules say, once") {
    std::vector<Course> courses;
    CHECK(follow(courses, news("incident.opened"), {kNight}, at(0)));
    REQUIRE(courses.size() == 1);
    CHECK(courses[0] == Course{kNight, CourseState::running, 0, at(0), at(5)});
    CHECK_FALSE(follow(courses, news("incident.severity_changed"), {kNight}, at(1)));
    CHECK(follow(courses, news("incident.severity_changed"), {kNight, kHourly}, at(2)));
    REQUIRE(courses.size() == 2);
    CHECK(courses[1].due_at == at(7));
    CHECK_FALSE(follow(courses, news("incident.commented"), {}, at(3)));
}

TEST_CASE("what begins while the incident is acknowledged waits for that to be taken back, unless it goes on meanwhile") {
    std::vector<Course> courses;
    follow(courses, news("incident.severity_changed", true), {kNight, kHourly}, at(0));
    CHECK(courses[0].state == CourseState::acknowledged);
    CHECK(!courses[0].due_at);
    CHECK(courses[1].due_at == at(5));
    follow(courses, news("incident.unacknowledged"), {}, at(10));
    CHECK(courses[0] == Course{kNight, CourseState::running, 0, at(10), at(15)});
    CHECK(courses[1].due_at == at(5));
}

TEST_CASE("each step moves the course on, and after the last it is exhausted") {
    std::vector<Course> courses;
    follow(courses, news("incident.opened"), {kNight}, at(0));
    ask(courses[0]);
    CHECK(follow(courses, brought("incident.escalated", 7, 1, kNext), {}, at(5)));
    CHECK(courses[0] == Course{kNight, CourseState::running, 1, at(0), at(6)});
    ask(courses[0]);
    CHECK(follow(courses, brought("incident.escalated", 7, 2, std::nullopt), {}, at(6)));
    CHECK(courses[0] == Course{kNight, CourseState::exhausted, 2, at(0), {}});
}

TEST_CASE("an acknowledgement ends it, taken back it begins anew, and a step from before does not move it on") {
    std::vector<Course> courses;
    follow(courses, news("incident.opened"), {kNight}, at(0));
    ask(courses[0]);
    follow(courses, news("incident.acknowledged", true), {}, at(5));
    CHECK(courses[0].state == CourseState::acknowledged);
    follow(courses, news("incident.unacknowledged"), {}, at(6));
    CHECK(courses[0] == Course{kNight, CourseState::running, 0, at(6), at(11)});
    CHECK_FALSE(follow(courses, brought("incident.escalated", 7, 1, kNext), {}, at(7)));
    ask(courses[0]);
    CHECK_FALSE(follow(courses, brought("incident.escalated", 7, 2, kNext), {}, at(8)));
    CHECK_FALSE(follow(courses, brought("incident.escalated", 9, 1, kNext), {}, at(8)));
}

TEST_CASE("the end ends everything, and what is opened again begins what the rules say by then") {
    std::vector<Course> courses;
    follow(courses, news("incident.opened"), {kNight, kHourly}, at(0));
    follow(courses, news("incident.resolved"), {}, at(1));
    for (const auto& course : courses) CHECK((course.state == CourseState::resolved && !course.due_at));
    CHECK_FALSE(follow(courses, news("incident.acknowledged", true), {}, at(2)));
    follow(courses, news("incident.reopened"), {kHourly}, at(3));
    CHECK(courses[0].state == CourseState::resolved);
    CHECK(courses[1] == Course{kHourly, CourseState::running, 0, at(3), at(8)});
}

TEST_CASE("whatever happens: what is acknowledged or over is not due, what nobody has acknowledged is under way or exhausted") {
    const std::vector<std::string> kinds{"incident.opened", "incident.acknowledged", "incident.unacknowledged", "incident.resolved", "incident.reopened",
                                         "incident.severity_changed", "incident.escalated", "incident.reminder"};
    for (unsigned seed = 0; seed < 2000; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
        std::vector<Course> courses;
        bool acknowledged = false, over = true;
        for (int step = 0; step < 30; ++step) {
            for (auto& course : courses) {
                if (course.state == CourseState::running && below(2) == 0) ask(course);
            }
            const auto& kind = kinds[below(kinds.size())];
            const bool opens = kind == "incident.reopened" || kind == "incident.opened";
            if (opens != over) continue;  // the engine tells nothing else of what is over, and opens nothing that is open
            over = kind == "incident.resolved";
            if (opens || over || kind == "incident.unacknowledged") acknowledged = false;
            if (kind == "incident.acknowledged") acknowledged = true;
            auto one = brought(kind, below(2) == 0 ? 7 : 8, static_cast<int>(below(3)) + 1, below(3) == 0 ? std::nullopt : std::optional(kNext));
            one.acknowledged = acknowledged;
            const auto before = courses;
            const bool changed = follow(courses, one, below(2) == 0 ? std::vector{kNight} : std::vector{kNight, kHourly}, at(step));
            CHECK(changed == (courses != before));
            for (const auto& course : courses) {
                CHECK(course.due_at.has_value() == (course.state == CourseState::running));
                if (over) CHECK(course.state == CourseState::resolved);
                if (acknowledged && !course.of.while_acknowledged) CHECK(course.state == CourseState::acknowledged);
                if (!acknowledged) CHECK(course.state != CourseState::acknowledged);
                if (course.due_at) CHECK(*course.due_at > at(step) - std::chrono::hours{1});
            }
            CHECK(courses.size() <= 2);
        }
    }
}

TEST_CASE("routes begin their escalations and reminders, one escalation once, and a site has its own in their place") {
    const Escalates night{EscalationId{7}, kFirst};
    const Reminders hourly{kFirst, 3, true};
    const std::vector<Route> routes{{.id = RouteId{1}, .match = {.severities = {"critical"}}, .proceed = true, .escalates = night, .reminders = hourly},
                                    {.id = RouteId{2}, .proceed = true, .escalates = night},
                                    {.id = RouteId{3}, .match = {.events = {"incident.resolved"}}, .escalates = Escalates{EscalationId{9}, kFirst}}};
    auto opened = news("incident.opened");
    opened.severity = "critical";
    opened.site = SiteId{5};
    const std::vector<Beginning> both{kNight, {CourseKind::reminder, 1, RouteId{1}, kFirst, true}};
    CHECK(Planner({}, routes, {}).beginnings(opened) == both);
    opened.severity = "minor";
    CHECK(Planner({}, routes, {}).beginnings(opened) == std::vector<Beginning>{{CourseKind::escalation, 7, RouteId{2}, kFirst, false}});
    CHECK(Planner({}, routes, {}).beginnings(news("incident.acknowledged")).empty());
    opened.severity = "critical";
    RouteOverride site;
    site.id = RouteOverrideId{20};
    site.escalates = Escalates{EscalationId{11}, kNext};
    CHECK(Planner({}, routes, {{SiteId{5}, site}}).beginnings(opened) ==
          std::vector<Beginning>{{CourseKind::escalation, 11, {}, kNext, false}, {CourseKind::reminder, 1, RouteId{1}, kFirst, true}});
    site.reminders = Reminders{kNext, 1, false};
    CHECK(Planner({}, routes, {{SiteId{5}, site}}).beginnings(opened) ==
          std::vector<Beginning>{{CourseKind::escalation, 11, {}, kNext, false}, {CourseKind::reminder, 20, {}, kNext, false}});
}

TEST_CASE("a step is for the channels that it names, and they are led to the incident; a reminder for those of its route that know of it") {
    const std::vector<Subscriber> channels{{ChannelId{1}, true, {}}, {ChannelId{2}, true, {"incident.escalated"}}, {ChannelId{3}, true, {}}};
    auto step = brought("incident.escalated", 7, 1, kNext);
    step.brought->channels = {ChannelId{1}};
    step.site = SiteId{5};
    KnownBy known;
    const Planner planner(channels, {{.id = RouteId{1}, .channels = {ChannelId{3}}}}, {});
    const auto planned = planner.plan(step, known);
    CHECK(planned[0] == Planned{ChannelId{1}, DeliveryState::planned, Reason::none, Via::escalation, {}, true});
    CHECK(planned[1] == Planned{ChannelId{2}, DeliveryState::planned, Reason::none, Via::subscription, {}, false});
    CHECK(planned[2].reason == Reason::not_subscribed);
    for (const auto& one : planned) note(step, one, known);
    CHECK(known.size() == 1);
    CHECK(known.at(ChannelId{1}).led);
    CHECK_FALSE(planner.plan(step, known)[0].opens);
    CHECK(planner.plan(news("incident.resolved"), known)[0] == Planned{ChannelId{1}, DeliveryState::planned, Reason::none, Via::follow_up});
    auto reminder = brought("incident.reminder", 1, 1, kNext);
    reminder.brought->channels = {ChannelId{1}, ChannelId{3}};
    const auto reminded = planner.plan(reminder, known);
    CHECK(reminded[0].via == Via::follow_up);
    CHECK(reminded[0].state == DeliveryState::planned);
    CHECK(reminded[2].reason == Reason::not_subscribed);
    RouteOverride mutes;
    mutes.muted = {ChannelId{1}};
    CHECK(Planner(channels, {}, {{SiteId{5}, mutes}}).plan(step, {})[0].reason == Reason::muted);
}

}  // namespace course_test
