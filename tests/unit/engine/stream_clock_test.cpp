#include "incident-engine/stream_clock.h"

#include <doctest/doctest.h>

namespace stream_clock_test {

using namespace sonde;
using engine::StreamClock;

namespace {

constexpr TimePoint at(int second) { return from_unix_ms(1'700'000'000'000 + second * 1000LL); }
constexpr StreamClock::Waiting kNothing{};
constexpr StreamClock::Waiting kFirst{true};
constexpr StreamClock::Waiting kFirstTwo{true, true};

}  // namespace

TEST_CASE("where nothing waits, it is now") {
    StreamClock clock(at(0));
    CHECK(clock.turn(kNothing, at(1)) == at(1));
    clock.took(0, at(1));
    CHECK(clock.turn(kNothing, at(5)) == at(5));
}

TEST_CASE("where messages wait, it is when the last that was taken reached the stream, of the shard that is most behind") {
    StreamClock clock(at(0));
    clock.took(0, at(10));
    clock.took(1, at(7));
    CHECK(clock.turn(kFirst, at(20)) == at(10));
    clock.took(0, at(14));
    CHECK(clock.turn(kFirstTwo, at(20)) == at(10));  // and never goes back
    clock.took(1, at(12));
    CHECK(clock.turn(kFirstTwo, at(21)) == at(12));
    CHECK(clock.turn(kNothing, at(22)) == at(22));
}

TEST_CASE("what waits before anything of it was taken holds it where it is") {
    StreamClock clock(at(3));
    CHECK(clock.turn(kFirst, at(9)) == at(3));
    clock.took(0, at(1));  // from before it began
    CHECK(clock.turn(kFirst, at(9)) == at(3));
}

TEST_CASE("a message that comes again does not set it back, nor one of a server whose clock is ahead advance it beyond now") {
    StreamClock clock(at(0));
    clock.took(0, at(10));
    CHECK(clock.turn(kFirst, at(20)) == at(10));
    clock.took(0, at(4));
    CHECK(clock.turn(kFirst, at(20)) == at(10));
    clock.took(0, at(500));
    CHECK(clock.turn(kFirst, at(21)) == at(21));
}

TEST_CASE("a wall clock that is set back takes it along") {
    StreamClock clock(at(0));
    CHECK(clock.turn(kNothing, at(100)) == at(100));
    CHECK(clock.turn(kNothing, at(40)) == at(40));
}

}  // namespace stream_clock_test
