// The normal way of an event to its receivers.
#include <doctest/doctest.h>
#include <openssl/hmac.h>

#include <map>
#include <set>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace delivery_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// By OpenSSL alone, so that what signs is not what verifies.
std::string expected_signature(const Secret& key, const Received& request) {
    const auto raw = crypto::from_base64(key.reveal().substr(6));
    const auto content = request.headers.at("webhook-id") + "." + request.headers.at("webhook-timestamp") + "." + request.body;
    unsigned char digest[32];
    unsigned size = 0;
    HMAC(EVP_sha256(), raw->data(), static_cast<int>(raw->size()), reinterpret_cast<const unsigned char*>(content.data()),
         content.size(), digest, &size);
    unsigned char text[64];
    const int length = EVP_EncodeBlock(text, digest, 32);
    return "v1," + std::string(reinterpret_cast<char*>(text), static_cast<std::size_t>(length));
}

}  // namespace

TEST_CASE("an event reaches its channel once, whole, signed, and is on record with its attempt") {
    Stage stage;
    Receiver receiver(
        [](const Received&, int) { return Answer{.status = 202, .headers = {"X-Extra: y"}, .body = "thank you\n"}; });
    const auto channel = stage.channel(receiver.url("/hook?team=ops"));
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));

    REQUIRE(receiver.count() == 1);
    const auto request = receiver.received().front();
    CHECK(request.target == "/hook?team=ops");
    CHECK(request.headers.at("content-type") == "application/json");
    CHECK(request.headers.at("user-agent") == "Sonde/" SONDE_VERSION);
    CHECK(request.headers.at("webhook-id") == event.text());
    CHECK(std::abs(std::stol(request.headers.at("webhook-timestamp")) - to_unix_ms(wall_now()) / 1000) < 30);
    CHECK(request.headers.at("webhook-signature") == expected_signature(stage.signing_key(), request));
    const auto document = json::parse(request.body);
    REQUIRE(document.ok());
    CHECK((*document)["id"] == event.text());
    CHECK((*document)["kind"] == "incident.opened");

    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].finished);
    CHECK(attempts[0].status == 202);
    CHECK(attempts[0].response == "thank you ");
    CHECK(attempts[0].error.empty());

    CHECK(page(app->port(), "/readyz").find("\"ready\":true") != std::string::npos);
    CHECK(metric(app->port(), "sonde_notifier_sent_total") == 1);
    CHECK(metric(app->port(), "sonde_notifier_attempts_total{outcome=\"accepted\"}") == 1);
    CHECK(metric(app->port(), "sonde_notifier_page_seconds_count") == 1);
}

TEST_CASE("many events reach every channel exactly once, those of an incident in their order") {
    Stage stage;
    Receiver one;
    Receiver two;
    const std::vector<std::string> all{"incident.opened", "incident.acknowledged", "incident.commented", "incident.resolved"};
    const auto first = stage.channel(one.url(), all);
    const auto second = stage.channel(two.url(), all);
    stage.config.max_in_flight = 16;
    const auto app = stage.start();
    std::set<std::string> resolved;
    std::vector<std::pair<EventId, bool>> events;
    for (int i = 0; i < 60; ++i) {
        const auto incident = new_id<IncidentId>();
        for (int seq = 1; seq <= 3; ++seq)
            events.emplace_back(
                stage.event(seq < 3 ? (seq == 1 ? "incident.opened" : "incident.commented") : "incident.resolved", incident, seq),
                seq == 3);
    }
    REQUIRE(eventually([&] { return stage.settled(); }));

    for (const auto* receiver : {&one, &two}) {
        std::map<std::string, int> times;
        std::map<std::string, std::int64_t> last_seq;
        for (const auto& request : receiver->received()) {
            ++times[request.headers.at("webhook-id")];
            const auto document = json::parse(request.body);
            const auto seq = (*document)["incident"]["seq"].get<std::int64_t>();
            auto& last = last_seq[(*document)["incident"]["id"].get<std::string>()];
            CHECK(seq > last);
            last = seq;
        }
        for (const auto& [id, count] : times) CHECK_MESSAGE(count == 1, id);
        CHECK(last_seq.size() == 60);
        for (const auto& [incident, seq] : last_seq) CHECK_MESSAGE(seq == 3, incident);
    }
    for (const auto& [event, is_resolution] : events) {
        for (const auto channel : {first, second}) {
            const auto delivery = stage.delivery(event, channel);
            if (is_resolution) CHECK(delivery.state == "sent");
            if (delivery.state == "superseded") CHECK(delivery.reason == "resolved_since");
        }
    }
    CHECK(stage.count("attempts > 1") == 0);
}

TEST_CASE("channels that are not told have the reason on record") {
    Stage stage;
    Receiver receiver;
    const auto off = stage.channel(receiver.url(), {"incident.opened"}, false);
    const auto elsewhere = stage.channel(receiver.url(), {"coverage.lost"});
    const auto deleted = stage.channel(receiver.url());
    stage.run("update channel set deleted_at = now() where id = $1", {deleted});
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, elsewhere).state == "not_sent"; }));
    CHECK(stage.delivery(event, elsewhere).reason == "not_subscribed");
    CHECK(stage.delivery(event, off).state == "not_sent");
    CHECK(stage.delivery(event, off).reason == "channel_disabled");
    CHECK(stage.delivery(event, deleted).state.empty());
    CHECK(receiver.count() == 0);
}

TEST_CASE("what was planned for a channel that is disabled or deleted since is not sent, and says so") {
    Stage stage;
    Receiver receiver([](const Received&, int) { return Answer{.status = 503}; });
    const auto disabled = stage.channel(receiver.url());
    const auto deleted = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.count("attempts > 0") == 2; }));
    stage.run("update channel set enabled = false where id = $1", {disabled});
    stage.run("update channel set deleted_at = now() where id = $1", {deleted});
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.delivery(event, disabled).reason == "channel_disabled");
    CHECK(stage.delivery(event, deleted).reason == "channel_deleted");
}

TEST_CASE("a channel's new address and key count from the next attempt on") {
    Stage stage;
    Receiver old([](const Received&, int) { return Answer{.status = 503}; });
    Receiver fresh;
    const auto channel = stage.channel(old.url());
    stage.seal_signing_key(channel, "whsec_not base64");
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
    CHECK(stage.attempts(event, channel)[0].error.find("signing_key") != std::string::npos);
    CHECK(stage.delivery(event, channel).state == "planned");
    stage.seal_signing_key(channel, stage.signing_key().reveal());
    REQUIRE(eventually([&] { return old.count() > 0; }));
    stage.run("update channel set config = $2::jsonb where id = $1", {channel, json::dump({{"url", fresh.url()}})});
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    CHECK(fresh.count() == 1);
}

TEST_CASE("events of no incident reach those who subscribed to their kinds") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), {"coverage.lost", "advisory.opened", "monitor.changed"});
    const auto app = stage.start();
    const auto lost = stage.event("coverage.lost", {{"coverage", {{"region", "eu"}}}});
    const auto advisory = stage.event("advisory.opened", {{"advisory", {{"id", new_id<AdvisoryId>().text()}}}});
    const auto changed = stage.event("monitor.changed", {{"monitor", {{"id", new_id<MonitorId>().text()}}}});
    REQUIRE(eventually([&] { return stage.settled() && receiver.count() == 3; }));
    for (const auto event : {lost, advisory, changed}) CHECK(stage.delivery(event, channel).state == "sent");
}

}  // namespace delivery_test
