// What is told together: storms and windows.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace digest_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const Json kStormOfThree{{"digest", {{"storm", {{"more_than", 3}, {"within_ms", 600'000}}}}}};
const std::vector<std::string> kEvents{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.severity_changed"};

Json fields(const std::string& title, const std::string& severity = "major", const std::string& state = "open") {
    return {{"title", title}, {"severity", severity}, {"state", state}};
}

struct Opened {
    IncidentId incident;
    EventId event;
};

Opened open(Stage& stage, const std::string& title = "down", const std::string& severity = "major") {
    const auto incident = new_id<IncidentId>();
    return {incident, stage.event("incident.opened", incident, 1, fields(title, severity))};
}

// The documents that arrived, of one kind.
std::vector<Json> told(const Receiver& receiver, const std::string& kind) {
    std::vector<Json> documents;
    for (const auto& request : receiver.received()) {
        const auto document = json::parse(request.body);
        if (document && (*document)["kind"] == kind) documents.push_back(*document);
    }
    return documents;
}

std::set<std::string> named_in(const Json& event) {
    std::set<std::string> ids;
    for (const auto& one : event["digest"]["incidents"]) ids.insert(one["id"].get<std::string>());
    return ids;
}

// Digests wait for more; a test need not.
void hurry(Stage& stage) { stage.run("update digest set due_at = now() where due_at is not null"); }

bool hurried(Stage& stage, const std::function<bool()>& until) {
    return eventually([&] {
        hurry(stage);
        return until();
    });
}

}  // namespace

TEST_CASE("in a storm the first are told one by one, and all others by a message that is brought up to date until they are over") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, kStormOfThree);
    const auto app = stage.start();
    std::vector<Opened> all;
    for (int i = 0; i < 8; ++i) all.push_back(open(stage, "down " + std::to_string(i)));
    REQUIRE(eventually([&] { return stage.count("reason = 'grouped'") == 5; }));
    REQUIRE(eventually([&] { return !told(receiver, "channel.digest").empty() && stage.settled(); }));
    CHECK(told(receiver, "incident.opened").size() == 3);

    // Each is told by itself, or by the digest that its row names.
    const auto digest = told(receiver, "channel.digest").back();
    std::set<std::string> named = named_in(digest);
    CHECK(named.size() == 5);
    CHECK(digest["digest"]["counts"]["open"] == 5);
    for (const auto& one : all) {
        const auto delivery = stage.delivery(one.event, channel);
        CHECK((delivery.state == "sent") != named.contains(one.incident.text()));
        if (delivery.state == "sent") continue;
        CHECK(delivery.state == "not_sent");
        CHECK(stage.told_by(one.event, channel).text() == digest["id"]);
    }

    // What was told by itself goes on by itself; what was grouped is told by the same digest.
    std::vector<EventId> resolutions;
    for (const auto& one : all) resolutions.push_back(stage.event("incident.resolved", one.incident, 2, fields("x", "major", "resolved")));
    REQUIRE(hurried(stage, [&] { return stage.unplanned() == 0 && told(receiver, "incident.resolved").size() == 3; }));
    REQUIRE(hurried(stage, [&] { return told(receiver, "channel.digest").back()["digest"]["counts"]["open"] == 0; }));
    const auto last = told(receiver, "channel.digest").back();
    CHECK(last["digest"]["id"] == digest["digest"]["id"]);
    CHECK(named_in(last) == named);
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.count("digest_id is not null and told_by is null") == 0);
    CHECK(metric(app->port(), "sonde_notifier_grouped_total") == 10);

    // Nothing is said twice: no news, no message.
    const auto messages = receiver.count();
    hurry(stage);
    const auto other = open(stage, "after all");
    REQUIRE(hurried(stage, [&] { return stage.delivery(other.event, channel).state == "not_sent" && receiver.count() == messages + 1; }));
    CHECK(told(receiver, "channel.digest").back()["digest"]["id"] != digest["digest"]["id"]);
}

TEST_CASE("what is over before the digest goes out is told as resolved, and not at all if everything is") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, {{"digest", {{"window_ms", 3'600'000}}}});
    const auto app = stage.start();
    const auto first = open(stage);
    const auto end = stage.event("incident.resolved", first.incident, 2, fields("down", "major", "resolved"));
    REQUIRE(eventually([&] { return stage.count("digest_id is not null") == 2; }));
    hurry(stage);
    app->stop();
    const auto again = stage.start();
    REQUIRE(hurried(stage, [&] { return stage.delivery(end, channel).reason == "not_told"; }));
    CHECK(stage.delivery(first.event, channel).state == "superseded");
    CHECK(stage.delivery(first.event, channel).reason == "resolved_since");

    const auto over = open(stage, "over");
    const auto lasting = open(stage, "lasting");
    stage.event("incident.resolved", over.incident, 2, fields("over", "major", "resolved"));
    REQUIRE(eventually([&] { return stage.count("digest_id is not null and told_by is null and state = 'not_sent'") >= 3 && stage.unplanned() == 0; }));
    REQUIRE(hurried(stage, [&] { return receiver.count() == 1; }));
    const auto digest = told(receiver, "channel.digest").at(0);
    CHECK(named_in(digest) == std::set<std::string>{over.incident.text(), lasting.incident.text()});
    CHECK(digest["digest"]["counts"]["resolved"] == 1);
    CHECK(digest["digest"]["cause"] == "window");

    // The next window is another message; the end of what the last one told is in it.
    REQUIRE(eventually([&] { return stage.settled(); }));
    stage.event("incident.resolved", lasting.incident, 2, fields("lasting", "major", "resolved"));
    REQUIRE(hurried(stage, [&] { return receiver.count() == 2; }));
    const auto second = told(receiver, "channel.digest").at(1);
    CHECK(second["digest"]["id"] != digest["digest"]["id"]);
    CHECK(named_in(second) == std::set<std::string>{lasting.incident.text()});
    CHECK(second["digest"]["counts"]["open"] == 0);
}

TEST_CASE("a digest that no receiver has accepted is replaced by what is known by then") {
    Stage stage;
    std::atomic<bool> well{false};
    Receiver receiver([&](const Received&, int) { return Answer{.status = well ? 200 : 503}; });
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, {{"digest", {{"window_ms", 60'000}}}});
    const auto app = stage.start();
    const auto one = open(stage, "one");
    REQUIRE(hurried(stage, [&] { return receiver.count() >= 1; }));
    const auto first = stage.told_by(one.event, channel);
    const auto other = open(stage, "other");
    stage.event("incident.resolved", one.incident, 2, fields("one", "major", "resolved"));
    REQUIRE(hurried(stage, [&] { return stage.told_by(other.event, channel) != EventId{} && stage.delivery(first, channel).state == "superseded"; }));
    well = true;
    REQUIRE(eventually([&] { return stage.settled(); }));
    const auto last = told(receiver, "channel.digest").back();
    CHECK(named_in(last) == std::set<std::string>{one.incident.text(), other.incident.text()});
    CHECK(last["digest"]["counts"]["resolved"] == 1);
    CHECK(stage.delivery(first, channel).reason == "updated_since");
}

TEST_CASE("what is critical does not wait for the window") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, {{"digest", {{"window_ms", 3'600'000}}}});
    const auto app = stage.start();
    const auto minor = open(stage, "small", "minor");
    REQUIRE(eventually([&] { return stage.delivery(minor.event, channel).reason == "grouped"; }));
    open(stage, "large", "critical");
    REQUIRE(eventually([&] { return receiver.count() == 1; }));
    CHECK(told(receiver, "channel.digest").at(0)["digest"]["severity"] == "critical");
}

TEST_CASE("two notifiers, one of which dies again and again, group each event once and tell it") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, kStormOfThree);
    auto hasty = stage.config;
    hasty.drain = milliseconds{0};
    auto one = stage.start();
    auto other = stage.start(hasty);
    std::vector<Opened> all;
    for (int i = 0; i < 60; ++i) {
        all.push_back(open(stage, std::to_string(i)));
        if (i % 20 == 10) {
            other.reset();
            other = stage.start(hasty);
        }
    }
    REQUIRE(hurried(stage, [&] { return stage.unplanned() == 0 && stage.count("digest_id is not null and told_by is null") == 0; }));
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.count("reason = 'grouped'") == 57);
    std::set<std::string> named;
    for (const auto& digest : told(receiver, "channel.digest")) named.merge(named_in(digest));
    for (const auto& request : told(receiver, "incident.opened")) named.insert(request["incident"]["id"].get<std::string>());
    for (const auto& opened : all) CHECK(named.contains(opened.incident.text()));
    CHECK(named.size() == 60);
}

}  // namespace digest_test
