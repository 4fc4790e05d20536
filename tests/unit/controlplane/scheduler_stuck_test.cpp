#include <doctest/doctest.h>

#include "controlplane/watchdog/stuck.h"

namespace scheduler_stuck_test {

using namespace sonde;
using namespace sonde::watchdog;

namespace {
constexpr milliseconds kPatience{5'000};

bus::ConsumerState state(std::uint64_t pending, std::uint64_t delivered, std::uint64_t ack_pending = 0) {
    bus::ConsumerState made;
    made.pending = pending;
    made.delivered_sequence = delivered;
    made.ack_pending = ack_pending;
    return made;
}

// Looks every second from `from` on, for so many seconds; returns what was done at which second.
struct Watch {
    StuckDetector detector{kPatience};
    MonotonicPoint now{};
    std::vector<std::pair<int, Remedy>> done;
    void look(int seconds_long, const bus::ConsumerState& seen, bool asked_for = true) {
        for (int i = 0; i < seconds_long; ++i) {
            const auto remedy = detector.look(seen, asked_for, 100, now);
            const auto second = static_cast<int>(std::chrono::duration_cast<seconds>(now.time_since_epoch()).count());
            if (remedy != Remedy::none) done.emplace_back(second, remedy);
            now += seconds{1};
        }
    }
};
}  // namespace

TEST_CASE("a consumer that delivers nothing, though asked, is made anew, and after twice as long its stream") {
    Watch watch;
    watch.look(30, state(10, 7));
    REQUIRE(watch.done.size() >= 2);
    CHECK(watch.done[0] == std::pair{5, Remedy::consumer});
    CHECK(watch.done[1] == std::pair{16, Remedy::stream});
}

TEST_CASE("a consumer that delivers, however slowly, is left alone") {
    Watch watch;
    for (std::uint64_t delivered = 0; delivered < 20; ++delivered) watch.look(4, state(10, delivered));
    CHECK(watch.done.empty());
}

TEST_CASE("an empty queue, one nobody asks, and one with enough unacknowledged are left alone") {
    Watch watch;
    watch.look(20, state(0, 7));
    watch.look(20, state(10, 7), false);
    watch.look(20, state(10, 7, 100));
    CHECK(watch.done.empty());
}

TEST_CASE("after a new consumer delivered, the next trouble begins with the consumer again") {
    Watch watch;
    watch.look(6, state(10, 7));
    watch.look(2, state(10, 7));
    watch.look(1, state(10, 8));
    watch.look(7, state(10, 8));
    REQUIRE(watch.done.size() == 2);
    CHECK(watch.done[1].second == Remedy::consumer);
}

TEST_CASE("what was seen before a gap says nothing") {
    Watch watch;
    watch.look(4, state(10, 7));
    watch.detector.forget();
    watch.look(4, state(10, 7));
    CHECK(watch.done.empty());
}

}  // namespace scheduler_stuck_test
