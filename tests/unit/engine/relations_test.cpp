// Which maintenance windows are open, and over what, however the clock moves.
#include <doctest/doctest.h>

#include "incident-engine/relations.h"

namespace relations_test {

using namespace sonde;
using namespace sonde::engine;

namespace {

const TimePoint kNoon = from_rfc3339("2026-06-01T12:00:00Z").value();

HeldWindow window(int id, TimePoint from, milliseconds length, maintenance::Targets targets) {
    maintenance::Draft draft;
    draft.starts_at = from;
    draft.ends_at = from + length;
    return {.id = WindowId{id}, .title = "", .targets = std::move(targets), .plan = *maintenance::Plan::of(draft), .ends = {}};
}

}  // namespace

TEST_CASE("a window is open over its sites, monitors and tags, and the one that ends last names the reason") {
    std::vector<HeldWindow> all;
    all.push_back(window(1, kNoon, seconds{60}, {{SiteId{1}}, {}, {}}));
    all.push_back(window(2, kNoon, seconds{90}, {{}, {MonitorId{7}}, {}}));
    all.push_back(window(3, kNoon + seconds{30}, seconds{60}, {{}, {}, {"prod"}}));
    OpenWindows open;
    open.look(all, kNoon);
    CHECK(open.over(MonitorId{7}, SiteId{1}, {}) == WindowId{2});
    CHECK(open.over(MonitorId{8}, SiteId{1}, {"prod"}) == WindowId{1});
    CHECK_FALSE(open.over(MonitorId{8}, SiteId{2}, {"prod"}));
    CHECK(open.over(SiteId{1}) == WindowId{1});
    CHECK(open.next_edge() == kNoon + seconds{30});
    open.look(all, kNoon + seconds{30});
    CHECK(open.over(MonitorId{8}, SiteId{1}, {"prod"}) == WindowId{3});
    CHECK_MESSAGE(open.over(MonitorId{7}, SiteId{1}, {"prod"}) == WindowId{2}, "of those that end together, the older one");
    open.look(all, kNoon + seconds{90});
    CHECK(open.none());
    CHECK_FALSE(open.next_edge());
}

TEST_CASE("a clock that jumps, forward over a whole window or back, finds what is open at its new time") {
    std::vector<HeldWindow> all;
    all.push_back(window(1, kNoon, seconds{60}, {{SiteId{1}}, {}, {}}));
    OpenWindows open;
    open.look(all, kNoon - seconds{10});
    CHECK_FALSE(open.outdated(kNoon - seconds{1}));
    CHECK(open.outdated(kNoon));
    open.look(all, kNoon + seconds{600});
    CHECK(open.none());
    CHECK(open.outdated(kNoon + seconds{30}));
    open.look(all, kNoon + seconds{30});
    CHECK(open.over(MonitorId{1}, SiteId{1}, {}) == WindowId{1});
    open.look(all, kNoon - seconds{5});
    CHECK(open.none());
    CHECK(open.next_edge() == kNoon);
}

}  // namespace relations_test
