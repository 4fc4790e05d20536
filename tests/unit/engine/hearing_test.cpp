#include "incident-engine/hearing.h"

#include <doctest/doctest.h>

namespace hearing_test {

using namespace sonde;
using engine::HeardMarks;

namespace {

TimePoint at(int s) { return from_unix_ms(s * 1000); }

bus::ConsumerState state(std::uint64_t delivered, std::uint64_t acked, std::uint64_t pending = 0) {
    bus::ConsumerState made;
    made.delivered_sequence = delivered;
    made.acked_sequence = acked;
    made.pending = pending;
    return made;
}

}  // namespace

TEST_CASE("what was stored by an instant is heard when all that was delivered then is acknowledged") {
    HeardMarks marks;
    CHECK(marks.heard_until() == TimePoint{});
    marks.answered(at(1), state(10, 8));
    CHECK(marks.heard_until() == TimePoint{});
    marks.answered(at(2), state(15, 10));
    CHECK(marks.heard_until() == at(1));
    marks.answered(at(3), state(20, 14));
    CHECK(marks.heard_until() == at(1));
    marks.answered(at(4), state(20, 20));
    CHECK(marks.heard_until() == at(4));
}

TEST_CASE("while messages wait in the stream nothing new is heard") {
    HeardMarks marks;
    marks.answered(at(1), state(10, 10, 5));
    CHECK(marks.heard_until() == TimePoint{});
    marks.answered(at(2), state(15, 15, 0));
    CHECK(marks.heard_until() == at(2));
    marks.answered(at(3), state(15, 15, 1));
    CHECK(marks.heard_until() == at(2));
}

TEST_CASE("a consumer made anew must deliver everything once more") {
    HeardMarks marks;
    marks.answered(at(1), state(100, 90));
    marks.answered(at(2), state(40, 40, 60));
    CHECK(marks.heard_until() == TimePoint{});
    marks.answered(at(3), state(100, 100));
    CHECK(marks.heard_until() == at(3));
}

TEST_CASE("an empty stream is heard") {
    HeardMarks marks;
    marks.answered(at(5), state(0, 0));
    CHECK(marks.heard_until() == at(5));
}

}  // namespace hearing_test
