#include <doctest/doctest.h>

#include "controlplane/events/filter.h"

namespace event_filter_test {

using namespace sonde;
using namespace sonde::events;

namespace {

Event opened() {
    Event event;
    event.kind = "incident.opened";
    event.site = SiteId{3};
    event.incident = IncidentId{5};
    event.monitors = {MonitorId{7}, MonitorId{8}};
    event.tags = {"payments"};
    event.regions = {"eu", "us"};
    return event;
}

}  // namespace

TEST_CASE("a kind covers itself, a family what begins with it and a dot") {
    CHECK(covers("incident.opened", "incident.opened"));
    CHECK_FALSE(covers("incident.opened", "incident.opened_again"));
    CHECK(covers("incident.*", "incident.opened"));
    CHECK_FALSE(covers("incident.*", "incidents.opened"));
    CHECK_FALSE(covers("incident", "incident.opened"));
    CHECK_FALSE(covers("*", "incident.opened"));
    CHECK_FALSE(covers("", "incident.opened"));
}

TEST_CASE("a filter without parts lets everything through, one with several only what matches them all") {
    CHECK(Filter{}.matches(opened()));
    CHECK(Filter{}.matches(Event{}));
    Filter filter{.kinds = {"advisory.*", "incident.opened"}, .site = SiteId{3}, .monitor = MonitorId{8}, .incident = IncidentId{5}, .tag = "payments", .region = "us"};
    CHECK(filter.matches(opened()));
    const auto fails_without = [&](auto change) {
        auto other = filter;
        change(other);
        return !other.matches(opened());
    };
    CHECK(fails_without([](Filter& f) { f.kinds = {"advisory.*"}; }));
    CHECK(fails_without([](Filter& f) { f.site = SiteId{4}; }));
    CHECK(fails_without([](Filter& f) { f.monitor = MonitorId{9}; }));
    CHECK(fails_without([](Filter& f) { f.incident = IncidentId{6}; }));
    CHECK(fails_without([](Filter& f) { f.tag = "payment"; }));
    CHECK(fails_without([](Filter& f) { f.region = "ap"; }));
}

TEST_CASE("what an event has nothing of is matched by no filter for it") {
    CHECK_FALSE(Filter{.site = SiteId{3}}.matches(Event{}));
    CHECK_FALSE(Filter{.monitor = MonitorId{7}}.matches(Event{}));
    CHECK_FALSE(Filter{.tag = ""}.matches(Event{}));
}

}  // namespace event_filter_test
