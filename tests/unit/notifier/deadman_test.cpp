#include <doctest/doctest.h>

#include "notifier/deadman/way.h"

namespace deadman_way_test {

using namespace sonde;
using namespace sonde::notifier::deadman;

TEST_CASE("a page gets through while events are planned, deliveries attempted and checks executed") {
    const Way well{.accounted_ago = milliseconds{120'000}, .expected = 100, .executed = 1};
    const auto but = [&](auto change) {
        auto way = well;
        change(way);
        return trouble(way);
    };
    CHECK(trouble(well).empty());
    CHECK(but([](Way& way) { way.expected = way.executed = 0; }).empty());  // nothing is watched yet
    CHECK(but([](Way& way) { way.oldest_unplanned = kLongestWait; }).empty());
    CHECK(but([](Way& way) { way.oldest_unplanned = milliseconds{61'000}; }) == "an event has waited 61 s to be planned");
    CHECK(but([](Way& way) { way.oldest_due = milliseconds{61'000}; }) == "a delivery that is due has waited 61 s");
    CHECK(but([](Way& way) { way.oldest_due = milliseconds{61'000}, way.sending = true; }).empty());
    CHECK(but([](Way& way) { way.accounted_ago.reset(); }) == "no checks have been accounted for yet");
    CHECK(but([](Way& way) { way.accounted_ago = milliseconds{601'000}; }) == "checks are accounted for until 601 s ago");
    CHECK(but([](Way& way) { way.executed = 0; }) == "of 100 checks none was executed");
}

}  // namespace deadman_way_test
