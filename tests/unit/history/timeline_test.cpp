#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <utility>

#include "controlplane/history/timeline.h"

namespace timeline_test {

using namespace sonde;
using namespace sonde::history;

namespace {

TimePoint at(std::int64_t second) { return from_unix_ms(second * 1000); }

Timeline drawn(const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
    Timeline timeline;
    std::int64_t second = 0;
    for (const auto& [wait, state] : steps) {
        second += 1 + wait % 50;
        timeline.push_back({at(second), state % 8 == 7 ? std::nullopt : std::optional(static_cast<State>(state % 8))});
    }
    return timeline;
}

std::optional<State> state_at(const Timeline& timeline, TimePoint when) {
    std::optional<State> state;
    for (const auto& edge : timeline) {
        if (edge.since <= when) state = edge.state;
    }
    return state;
}

}  // namespace

TEST_CASE("time is told within the window alone, and neighbours of one state are one span") {
    const Timeline timeline{{at(10), State::up}, {at(20), State::down}, {at(30), State::down}, {at(40), State::up}, {at(50), std::nullopt}};
    CHECK(spans_within(timeline, at(0), at(100)) == std::vector<Span>{{at(10), at(20), State::up}, {at(20), at(40), State::down}, {at(40), at(50), State::up}});
    CHECK(spans_within(timeline, at(25), at(45)) == std::vector<Span>{{at(25), at(40), State::down}, {at(40), at(45), State::up}});
    CHECK(spans_within(timeline, at(50), at(60)).empty());
    CHECK(spans_within(timeline, at(0), at(10)).empty());
    CHECK(time_in(timeline, at(15), at(35))[State::up] == seconds{5});
    CHECK(time_in(timeline, at(15), at(35))[State::down] == seconds{15});
}

TEST_CASE("the last state goes on") { CHECK(time_in({{at(10), State::up}}, at(0), at(100))[State::up] == seconds{90}); }

TEST_CASE("a site is as the worst of its monitors that are watched") {
    const Timeline well{{at(0), State::pending}, {at(10), State::up}, {at(90), std::nullopt}};
    const Timeline ill{{at(20), State::pending}, {at(30), State::up}, {at(40), State::down}, {at(50), State::maintenance},
                       {at(60), State::unknown}, {at(70), State::degraded}, {at(80), State::paused}};
    CHECK(worst_of({well, ill}) == Timeline{{at(0), State::pending}, {at(10), State::up}, {at(40), State::down}, {at(50), State::up}, {at(60), State::unknown},
                                            {at(70), State::degraded}, {at(80), State::up}, {at(90), State::paused}});
    CHECK(worst_of(std::vector<Timeline>{}).empty());
}

TEST_CASE("whatever monitors do, all time is in exactly one state, and the site is down exactly when one of them is") {
    const bool holds = rc::check([](const std::vector<std::vector<std::pair<std::uint8_t, std::uint8_t>>>& steps, std::uint8_t from, std::uint8_t length) {
        std::vector<Timeline> timelines;
        for (const auto& some : steps) timelines.push_back(drawn(some));
        const auto worst = worst_of(timelines);
        milliseconds there{0}, down{0};
        for (std::int64_t second = from; second < from + length; ++second) {
            bool any = false, any_down = false;
            for (const auto& timeline : timelines) {
                const auto state = state_at(timeline, at(second));
                any = any || state.has_value();
                any_down = any_down || state == State::down;
            }
            there += seconds{any ? 1 : 0};
            down += seconds{any_down ? 1 : 0};
        }
        const auto times = time_in(worst, at(from), at(from + length));
        RC_ASSERT(times.all() == there);
        RC_ASSERT(times[State::down] == down);
    });
    CHECK(holds);
}

}  // namespace timeline_test
