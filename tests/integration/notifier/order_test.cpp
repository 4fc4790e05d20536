// What is old is dropped, what is new comes in order.
#include <doctest/doctest.h>

#include <random>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace order_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::vector<std::string> kinds(const Receiver& receiver) {
    std::vector<std::string> kinds;
    for (const auto& request : receiver.received()) kinds.push_back((*json::parse(request.body))["kind"].get<std::string>());
    return kinds;
}

}  // namespace

TEST_CASE(
    "an opening that was never accepted is dropped once its incident is resolved, and the resolution does not wait for its "
    "back-off") {
    Stage stage;
    std::atomic<bool> broken{true};
    Receiver receiver(
        [&](const Received&, int) { return Answer{.status = broken ? 503 : 200, .headers = {"Retry-After: 3000"}}; });
    const auto channel = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto opened = stage.event("incident.opened", incident, 1);
    const auto acknowledged = stage.event("incident.acknowledged", incident, 2);
    REQUIRE(eventually(
        [&] { return stage.delivery(opened, channel).attempts == 1 && stage.delivery(opened, channel).state == "planned"; }));
    broken = false;
    const auto resolved = stage.event("incident.resolved", incident, 3);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
    CHECK(stage.delivery(opened, channel).state == "superseded");
    CHECK(stage.delivery(opened, channel).reason == "resolved_since");
    CHECK(stage.delivery(acknowledged, channel).state == "superseded");
    CHECK(stage.delivery(acknowledged, channel).attempts == 0);
    CHECK(kinds(receiver) == std::vector<std::string>{"incident.opened", "incident.resolved"});
}

TEST_CASE("a resolution waits until the attempt at its opening is over") {
    Stage stage;
    Receiver receiver(
        [](const Received&, int number) { return Answer{.how = number == 1 ? Answer::How::hang : Answer::How::whole}; });
    const auto channel = stage.channel(receiver.url());
    stage.config.timeout = milliseconds{1'000};
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto opened = stage.event("incident.opened", incident, 1);
    REQUIRE(eventually([&] { return receiver.count() == 1; }));
    const auto resolved = stage.event("incident.resolved", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "planned"; }));
    CHECK(receiver.count() == 1);
    REQUIRE(eventually([&] { return stage.settled(); }));
    // The attempt timed out, and by then the opening was old: it is not repeated.
    CHECK(stage.delivery(opened, channel).state == "superseded");
    CHECK(stage.attempts(opened, channel)[0].error != "");
    CHECK(stage.delivery(resolved, channel).state == "sent");
    const auto received = receiver.received();
    REQUIRE(received.size() == 2);
    CHECK(received[1].at - received[0].at >= milliseconds{900});
}

TEST_CASE("a delivery waits for an earlier event of its incident that is not planned yet") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url());
    const auto incident = new_id<IncidentId>();
    const auto opened = stage.event("incident.opened", incident, 1);
    const auto acknowledged = stage.event("incident.acknowledged", incident, 2);
    // As another notifier leaves it that has planned the second event while it still works on the first.
    stage.run("delete from event_to_plan where event_id = $1", {acknowledged});
    stage.run(
        "insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, next_at) "
        "values ($1, $2, $3, 'incident.acknowledged', $4, 2, 'planned', now())",
        {new_id<DeliveryId>(), acknowledged, channel, incident});
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.delivery(opened, channel).state == "sent");
    CHECK(kinds(receiver) == std::vector<std::string>{"incident.opened", "incident.acknowledged"});
}

TEST_CASE("an opening that is given up holds nothing back") {
    Stage stage;
    Receiver receiver([](const Received&, int number) { return Answer{.status = number == 1 ? 400 : 200}; });
    const auto channel = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto opened = stage.event("incident.opened", incident, 1);
    REQUIRE(eventually([&] { return stage.delivery(opened, channel).state == "dead"; }));
    const auto resolved = stage.event("incident.resolved", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
}

TEST_CASE("lost coverage that was restored before it could be told is dropped, and the restoration comes at once") {
    Stage stage;
    std::atomic<bool> broken{true};
    Receiver receiver(
        [&](const Received&, int) { return Answer{.status = broken ? 503 : 200, .headers = {"Retry-After: 3000"}}; });
    const auto channel = stage.channel(receiver.url(), {"coverage.lost", "coverage.restored"});
    const auto app = stage.start();
    const auto lost = stage.event("coverage.lost", {{"coverage", {{"region", "eu"}}}});
    const auto other = stage.event("coverage.lost", {{"coverage", {{"region", "us"}}}});
    REQUIRE(eventually([&] { return stage.count("state = 'planned' and attempts = 1") == 2; }));
    broken = false;
    const auto restored = stage.event("coverage.restored", {{"coverage", {{"region", "eu"}}}});
    REQUIRE(eventually([&] { return stage.delivery(restored, channel).state == "sent"; }));
    CHECK(stage.delivery(lost, channel).state == "superseded");
    CHECK(stage.delivery(lost, channel).reason == "coverage_changed_since");
    CHECK(stage.delivery(other, channel).state == "planned");
}

TEST_CASE("with a receiver that fails at random, every incident's end arrives, in order, and nothing old arrives after it") {
    Stage stage;
    std::mutex mutex;
    std::mt19937 random{3};
    // No message fails more than twice: who is unlucky more often is waited for over minutes, as it should be.
    std::map<std::string, int> failures;
    Receiver receiver([&](const Received& request, int) {
        const std::scoped_lock lock(mutex);
        const auto dice = random() % 10;
        if (dice >= 4 || ++failures[request.headers.at("webhook-id")] > 2) return Answer{};
        return dice < 3 ? Answer{.status = 500} : Answer{.how = Answer::How::reset};
    });
    const std::vector<std::string> all{"incident.opened",         "incident.updated",   "incident.acknowledged",
                                       "incident.unacknowledged", "incident.commented", "incident.resolved"};
    const auto channel = stage.channel(receiver.url(), all);
    const auto app = stage.start();
    std::vector<EventId> resolutions;
    for (int i = 0; i < 20; ++i) {
        const auto incident = new_id<IncidentId>();
        const int last = 2 + i % 5;
        for (int seq = 1; seq <= last; ++seq) {
            const auto event = stage.event(seq == 1      ? all[0]
                                           : seq == last ? all[5]
                                                         : all[static_cast<std::size_t>(1 + (seq + i) % 4)],
                                           incident, seq);
            if (seq == last) resolutions.push_back(event);
        }
    }
    // Failures in a row leave the channel alone for some seconds each time.
    REQUIRE(eventually([&] { return stage.settled(); }, 180000));
    for (const auto event : resolutions) CHECK(stage.delivery(event, channel).state == "sent");
    std::map<std::string, std::int64_t> seen;
    for (const auto& request : receiver.received()) {
        const auto document = *json::parse(request.body);
        auto& last = seen[document["incident"]["id"].get<std::string>()];
        CHECK(document["incident"]["seq"].get<std::int64_t>() >= last);  // equal: repeated after a failure
        last = document["incident"]["seq"].get<std::int64_t>();
    }
    CHECK(seen.size() == 20);
}

}  // namespace order_test
