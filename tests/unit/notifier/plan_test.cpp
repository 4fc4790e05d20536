#include "notifier/core/plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "notifier/core/event.h"

namespace plan_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

const std::vector<Subscriber> kChannels{
    {ChannelId{1}, true, {"incident.opened", "incident.resolved"}},
    {ChannelId{2}, false, {"incident.opened"}},
    {ChannelId{3}, true, {"coverage.lost", "monitor.changed", "weather.turned"}},
    {ChannelId{4}, false, {}},
};

std::vector<Planned> plan(const std::string& kind, const std::vector<Subscriber>& channels) {
    return Planner(channels, {}, {}).plan({.kind = kind});
}

}  // namespace

TEST_CASE("an event goes to the enabled channels that subscribed to its kind, and the ledger says why to no other") {
    const auto planned = plan("incident.opened", kChannels);
    REQUIRE(planned.size() == 4);
    CHECK(planned[0].channel == ChannelId{1});
    CHECK(planned[0].state == DeliveryState::planned);
    CHECK(planned[0].reason == Reason::none);
    CHECK(planned[1].state == DeliveryState::not_sent);
    CHECK(planned[1].reason == Reason::channel_disabled);
    CHECK(planned[2].reason == Reason::not_subscribed);
    CHECK(planned[3].reason == Reason::not_subscribed);
}

TEST_CASE("changes of monitors, and kinds of a newer writer, reach their subscribers and leave no other trace") {
    for (const auto* kind : {"monitor.changed", "weather.turned"}) {
        const auto planned = plan(kind, kChannels);
        REQUIRE(planned.size() == 1);
        CHECK(planned[0].channel == ChannelId{3});
        CHECK(planned[0].state == DeliveryState::planned);
    }
    CHECK(plan("channel.test", kChannels).empty());
}

TEST_CASE("the number of channels whose silence is put on record is bounded, that of those told is not") {
    std::vector<Subscriber> many;
    for (int i = 1; i <= 500; ++i) many.push_back({ChannelId{i}, true, {}});
    for (int i = 501; i <= 800; ++i) many.push_back({ChannelId{i}, true, {"advisory.opened"}});
    const auto planned = plan("advisory.opened", many);
    const auto told =
        std::count_if(planned.begin(), planned.end(), [](const auto& one) { return one.state == DeliveryState::planned; });
    CHECK(told == 300);
    CHECK(planned.size() == 300 + kMaxNotSentOfEvent);
}

TEST_CASE("what a channel could not be told goes to its fallback and to those who asked for such, never to itself") {
    const std::vector<Subscriber> channels{{ChannelId{1}, true, {"incident.opened", "delivery.dead"}, ChannelId{2}},
                                           {ChannelId{2}, true, {"incident.opened"}},
                                           {ChannelId{3}, true, {"delivery.dead"}},
                                           {ChannelId{4}, true, {"incident.opened"}, ChannelId{1}}};
    const auto planned = Planner(channels, {}, {}).plan({.kind = "delivery.dead", .failing = ChannelId{1}});
    REQUIRE(planned.size() == 2);
    CHECK(planned[0] == Planned{ChannelId{2}, DeliveryState::planned, Reason::none, Via::fallback});
    CHECK(planned[1] == Planned{ChannelId{3}, DeliveryState::planned, Reason::none, Via::subscription});
    const auto other = Planner(channels, {}, {}).plan({.kind = "delivery.dead", .failing = ChannelId{4}});
    REQUIRE(other.size() == 2);
    CHECK(other[0] == Planned{ChannelId{1}, DeliveryState::planned, Reason::none, Via::fallback});
}

TEST_CASE("the names of events are those of the message schema") {
    for (std::size_t i = 0; i + 1 < EnumNames<EventKind>::names.size(); ++i) {
        CHECK(event_kind(EnumNames<EventKind>::names[i]) == static_cast<EventKind>(i));
    }
    CHECK(event_kind("incident.merged") == EventKind::other);
    CHECK(event_kind("") == EventKind::other);
}

}  // namespace plan_test
