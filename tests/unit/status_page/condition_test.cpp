#include "controlplane/status_page/condition.h"

#include <doctest/doctest.h>

#include "controlplane/status_page/incidents.h"

namespace status_page_condition_test {

using namespace sonde;
using namespace sonde::status_page;
using history::State;
using history::Timeline;
using std::chrono::hours;

namespace {

const TimePoint kMidnight = *from_rfc3339("2026-03-01T00:00:00Z");

TimePoint at(int hour) { return kMidnight + hours{hour}; }

std::vector<const Timeline*> pointers(const std::vector<Timeline>& timelines) {
    std::vector<const Timeline*> all;
    for (const auto& timeline : timelines) all.push_back(&timeline);
    return all;
}

// Days of 24 hours from `at(0)` on; the last ends after `hours_of_last`.
std::vector<DayFrame> frames(int count, int hours_of_last = 24) {
    std::vector<DayFrame> all;
    for (int day = 0; day < count; ++day) {
        const auto from = at(24 * day);
        all.push_back({std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(from)}, from, day + 1 == count ? from + hours{hours_of_last} : from + hours{24}});
    }
    return all;
}

Component told(const std::vector<Timeline>& timelines, const std::vector<DayFrame>& days) {
    Component component;
    put_history(component, pointers(timelines), days, {});
    return component;
}

}  // namespace

TEST_CASE("what the states of its monitors make of a component") {
    struct Row {
        std::vector<State> states;
        Condition condition;
    };
    using enum State;
    const Row rows[] = {
        {{up}, Condition::operational},
        {{degraded}, Condition::degraded},
        {{down}, Condition::major_outage},
        {{unknown}, Condition::unknown},
        {{maintenance}, Condition::maintenance},
        {{pending}, Condition::unknown},
        {{paused}, Condition::unknown},
        {{}, Condition::unknown},
        {{up, up, up}, Condition::operational},
        {{up, down}, Condition::partial_outage},
        {{degraded, down}, Condition::partial_outage},
        {{unknown, down}, Condition::partial_outage},
        {{down, down}, Condition::major_outage},
        {{up, degraded}, Condition::degraded},
        {{degraded, unknown}, Condition::degraded},
        {{up, unknown}, Condition::unknown},
        {{up, maintenance}, Condition::maintenance},
        {{unknown, maintenance}, Condition::unknown},
        {{degraded, maintenance}, Condition::degraded},
        // What nobody looks at, or may be down, says nothing of the rest.
        {{down, maintenance}, Condition::major_outage},
        {{down, paused, pending}, Condition::major_outage},
        {{up, paused, pending}, Condition::operational},
        {{maintenance, paused}, Condition::maintenance},
        {{pending, paused}, Condition::unknown},
    };
    for (const auto& row : rows) {
        history::Tally in;
        for (const auto state : row.states) {
            CAPTURE(name_of(state));
            ++in[state];
        }
        CHECK(condition_of(in) == row.condition);
    }
}

TEST_CASE("a component is in its condition since that became another, whatever its monitors did meanwhile") {
    const auto component = told({{{at(0), State::up}, {at(5), State::down}}, {{at(0), State::up}, {at(3), State::down}, {at(6), State::up}}, {{at(0), State::up}}}, frames(1, 8));
    CHECK(component.condition == Condition::partial_outage);
    CHECK(component.since == at(3));
}

TEST_CASE("what a clock that is ahead has written is so now") {
    const auto component = told({{{at(0), State::up}, {at(13), State::down}}}, frames(1, 12));
    CHECK(component.condition == Condition::major_outage);
    CHECK(component.since == at(12));
    CHECK(*component.uptime == 1.0);
}

TEST_CASE("days have uptime, coverage, the worst, and what went wrong") {
    const auto component = told({{{at(0), State::up}, {at(6), State::down}, {at(9), State::up}, {at(47), State::down}}}, frames(3, 12));
    REQUIRE(component.days.size() == 3);
    const auto& first = component.days[0];
    CHECK(*first.uptime == doctest::Approx(21.0 / 24));
    CHECK(*first.coverage == 1.0);
    CHECK(first.worst == Condition::major_outage);
    CHECK(first.disruptions == std::vector<Disruption>{{at(6), at(9), Condition::major_outage}});
    // Over midnight, and until now.
    CHECK(component.days[1].disruptions == std::vector<Disruption>{{at(47), at(48), Condition::major_outage}});
    CHECK(component.days[2].disruptions == std::vector<Disruption>{{at(48), at(60), Condition::major_outage}});
    CHECK(*component.days[2].uptime == 0.0);
    CHECK(*component.uptime == doctest::Approx((21.0 + 23.0) / 60));
    CHECK(component.condition == Condition::major_outage);
}

TEST_CASE("a site that is partly down is down for its uptime, as everywhere, and partly out to the public") {
    const auto component = told({{{at(0), State::up}}, {{at(0), State::up}, {at(12), State::down}}}, frames(1));
    CHECK(*component.uptime == 0.5);
    CHECK(component.days[0].worst == Condition::partial_outage);
}

TEST_CASE("a minute that nobody saw does not spoil a day, but its coverage; a day that nobody saw is unknown") {
    const auto component = told({{{at(0), State::pending}, {at(1), State::up}, {at(24), State::unknown}}}, frames(2));
    CHECK(component.days[0].worst == Condition::operational);
    CHECK(*component.days[0].coverage == doctest::Approx(23.0 / 24));
    CHECK(*component.days[0].uptime == 1.0);
    CHECK(component.days[1].worst == Condition::unknown);
    CHECK_FALSE(component.days[1].uptime);
    CHECK(*component.days[1].coverage == 0.0);
}

TEST_CASE("days before it was made are left out, and those in between are not") {
    const auto component = told({{{at(30), State::up}, {at(50), std::nullopt}, {at(80), State::up}}}, frames(4, 12));
    REQUIRE(component.days.size() == 3);
    CHECK(component.days[0].date == std::chrono::year_month_day{std::chrono::year{2026} / 3 / 2});
    CHECK(component.days[1].worst == Condition::operational);
    const auto gone = told({{{at(1), State::up}, {at(2), std::nullopt}}}, frames(2));
    CHECK(gone.condition == Condition::unknown);
    CHECK(gone.days.size() == 2);
    CHECK(gone.days[1].worst == Condition::unknown);
    CHECK(told({}, frames(2)).days.empty());
}

TEST_CASE("of a day that goes up and down the first ten disruptions are told, and all count") {
    Timeline timeline;
    for (int hour = 0; hour < 24; ++hour) timeline.push_back({at(hour), hour % 2 == 0 ? State::up : State::down});
    const auto component = told({timeline}, frames(1));
    CHECK(component.days[0].disruptions.size() == 10);
    CHECK(*component.uptime == 0.5);
}

TEST_CASE("an incident is resolved when it is, whatever was told") {
    CHECK(phase_of(false, std::nullopt) == Phase::investigating);
    CHECK(phase_of(false, Phase::identified) == Phase::identified);
    CHECK(phase_of(false, Phase::resolved) == Phase::monitoring);
    CHECK(phase_of(true, Phase::investigating) == Phase::resolved);
    CHECK(phase_of(true, std::nullopt) == Phase::resolved);
}

}  // namespace status_page_condition_test
