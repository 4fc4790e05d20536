// Receivers that misbehave.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace fault_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// An event to one channel at `receiver`, until that channel's delivery is sent.
struct Sent {
    std::vector<Attempted> attempts;
    std::vector<Received> received;
};

Sent send_until_accepted(Stage& stage, Receiver& receiver) {
    const auto channel = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    return {stage.attempts(event, channel), receiver.received()};
}

}  // namespace

TEST_CASE("an answer of 500 is repeated with the same identity, and both attempts are on record") {
    Stage stage;
    Receiver receiver(
        [](const Received&, int number) { return number == 1 ? Answer{.status = 500, .body = "out of order"} : Answer{}; });
    const auto sent = send_until_accepted(stage, receiver);
    REQUIRE(sent.received.size() == 2);
    CHECK(sent.received[0].headers.at("webhook-id") == sent.received[1].headers.at("webhook-id"));
    CHECK(sent.received[0].body == sent.received[1].body);
    REQUIRE(sent.attempts.size() == 2);
    CHECK(sent.attempts[0].status == 500);
    CHECK(sent.attempts[0].response == "out of order");
    CHECK(sent.attempts[1].status == 200);
}

TEST_CASE("Retry-After of a 429 is waited for") {
    Stage stage;
    Receiver receiver([](const Received&, int number) {
        return number == 1 ? Answer{.status = 429, .headers = {"retry-after: 2"}} : Answer{};
    });
    const auto sent = send_until_accepted(stage, receiver);
    REQUIRE(sent.received.size() == 2);
    CHECK(sent.received[1].at - sent.received[0].at >= seconds{2});
}

TEST_CASE("a reset connection is repeated by us alone, once for each attempt on record") {
    Stage stage;
    Receiver receiver(
        [](const Received&, int number) { return Answer{.how = number <= 2 ? Answer::How::reset : Answer::How::whole}; });
    const auto sent = send_until_accepted(stage, receiver);
    CHECK(sent.received.size() == 3);
    REQUIRE(sent.attempts.size() == 3);
    CHECK(sent.attempts[0].status == 0);
    CHECK(sent.attempts[0].error != "");
}

TEST_CASE("410 and other refusals end a delivery at once, and are counted as dead") {
    Stage stage;
    Receiver gone([](const Received&, int) { return Answer{.status = 410}; });
    Receiver refusing([](const Received&, int) { return Answer{.status = 401, .body = "who are you"}; });
    const auto first = stage.channel(gone.url());
    const auto second = stage.channel(refusing.url());
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.settled() && stage.delivery(event, first).state == "dead"; }));
    CHECK(stage.delivery(event, first).reason == "receiver_gone");
    CHECK(stage.delivery(event, second).state == "dead");
    CHECK(stage.delivery(event, second).reason == "receiver_refused");
    CHECK(stage.attempts(event, second)[0].response == "who are you");
    CHECK(gone.count() == 1);
    CHECK(refusing.count() == 1);
    CHECK(eventually([&] { return metric(app->port(), "sonde_notifier_dead_total") == 2; }));
}

TEST_CASE("a receiver that never accepts is given up in the end") {
    Stage stage;
    Receiver receiver([](const Received&, int) { return Answer{.status = 503}; });
    stage.config.give_up_after = milliseconds{1'500};
    const auto channel = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "dead"; }));
    CHECK(stage.delivery(event, channel).reason == "gave_up");
    CHECK(stage.delivery(event, channel).attempts >= 2);
}

TEST_CASE("a redirect is not followed") {
    Stage stage;
    Receiver trap;
    Receiver receiver([&](const Received&, int number) {
        return number == 1 ? Answer{.status = 302, .headers = {"Location: " + trap.url()}} : Answer{};
    });
    const auto sent = send_until_accepted(stage, receiver);
    CHECK(sent.attempts[0].status == 302);
    CHECK(trap.count() == 0);
}

TEST_CASE("a receiver that hangs is left after the timeout, and delays no other channel meanwhile") {
    Stage stage;
    Receiver hanging([](const Received&, int) { return Answer{.how = Answer::How::hang}; });
    Receiver good;
    const auto bad_channel = stage.channel(hanging.url());
    const auto good_channel = stage.channel(good.url());
    stage.config.max_in_flight = 8;
    stage.config.max_per_channel = 4;
    stage.config.timeout = milliseconds{20'000};
    stage.config.lease = milliseconds{40'000};
    stage.config.drain = milliseconds{0};
    const auto app = stage.start();
    for (int i = 0; i < 50; ++i) stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(
        eventually([&] { return stage.count(fmt::format("state = 'sent' and channel_id = {}", good_channel.value())) == 50; }));
    CHECK(hanging.count() == 4);
    CHECK(good.count() == 50);
    CHECK(stage.count(fmt::format("state = 'sending' and channel_id = {}", bad_channel.value())) == 4);
    CHECK(metric(app->port(), "sonde_notifier_in_flight") == 4);
}

TEST_CASE("a long queue for a receiver that hangs does not slow what goes to another") {
    Stage stage;
    Receiver hanging([](const Received&, int) { return Answer{.how = Answer::How::hang}; });
    Receiver good;
    const auto bad_channel = stage.channel(hanging.url(), {"incident.commented"});
    const auto good_channel = stage.channel(good.url());
    // 10,000 incidents with two deliveries each, the second behind the first; and as many that were sent long ago.
    stage.run(
        "insert into outbox (id, at, kind, incident_id, seq, payload) "
        "select 4 * n + s, now(), 'incident.commented', n, s, '{}' from generate_series(1, 20000) n, generate_series(1, 2) "
        "s");
    stage.run("delete from event_to_plan");
    stage.run(
        "insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, next_at) "
        "select o.id, o.id, $1, o.kind, o.incident_id, o.seq, case when incident_id > 10000 then 'planned' else 'sent' end, "
        "now() from outbox o",
        {bad_channel});
    stage.config.timeout = milliseconds{60'000};
    stage.config.lease = milliseconds{600'000};
    stage.config.drain = milliseconds{0};
    const auto app = stage.start();
    REQUIRE(eventually([&] { return hanging.count() == stage.config.max_per_channel; }));
    for (int i = 0; i < 100; ++i) {
        const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
        REQUIRE(eventually([&] { return stage.delivery(event, good_channel).state == "sent"; }));
    }
    // All of it while the first attempts still hang.
    CHECK(hanging.count() == stage.config.max_per_channel);
    CHECK(good.count() == 100);
}

TEST_CASE("no answer in time is a failed attempt, also when a header drips") {
    Stage stage;
    stage.config.timeout = milliseconds{500};
    Receiver receiver([](const Received&, int number) {
        return Answer{.how = number == 1 ? Answer::How::hang : number == 2 ? Answer::How::drip_header : Answer::How::whole};
    });
    const auto sent = send_until_accepted(stage, receiver);
    REQUIRE(sent.attempts.size() == 3);
    CHECK(sent.attempts[0].status == 0);
    CHECK(sent.attempts[1].status == 0);
    CHECK(sent.attempts[1].error.find("timed out") != std::string::npos);
}

TEST_CASE("a complete header that accepts counts, whatever happens to the body after it") {
    Stage stage;
    stage.config.timeout = milliseconds{500};
    Receiver receiver([](const Received&, int) { return Answer{.status = 200, .how = Answer::How::drip_body}; });
    const auto sent = send_until_accepted(stage, receiver);
    CHECK(sent.received.size() == 1);
    REQUIRE(sent.attempts.size() == 1);
    CHECK(sent.attempts[0].status == 200);
}

TEST_CASE("of an oversized answer the first KiB is kept, without what a terminal would obey") {
    Stage stage;
    Receiver receiver([](const Received&, int) { return Answer{.body = "\x1b[2J" + std::string(8 << 20, 'x')}; });
    const auto sent = send_until_accepted(stage, receiver);
    CHECK(sent.received.size() == 1);
    REQUIRE(sent.attempts.size() == 1);
    CHECK(sent.attempts[0].response == " [2J" + std::string(1020, 'x'));
}

TEST_CASE("an answer with an endless header is no answer") {
    Stage stage;
    Receiver receiver([](const Received&, int number) {
        return number == 1 ? Answer{.headers = std::vector<std::string>(100, "X-Much: " + std::string(1000, 'x'))} : Answer{};
    });
    const auto sent = send_until_accepted(stage, receiver);
    REQUIRE(sent.attempts.size() == 2);
    CHECK(sent.attempts[0].error == "the answer's header is too large");
}

TEST_CASE("a receiver whose certificate nobody vouches for gets nothing; one that delivery.ca_file vouches for does") {
    Stage stage;
    const TlsIdentity identity;
    Receiver receiver({}, &identity);
    const auto channel = stage.channel(receiver.url());
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    {
        const auto app = stage.start();
        REQUIRE(
            eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
        CHECK(eventually([&] { return metric(app->port(), "sonde_notifier_attempts_total{outcome=\"tls\"}") >= 1; }));
    }
    CHECK(receiver.count() == 0);
    CHECK(stage.attempts(event, channel)[0].error.find("certificate") != std::string::npos);

    stage.config.ca_file = stage.config.key_file + ".pem";
    std::ofstream(stage.config.ca_file) << identity.pem();
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    CHECK(receiver.count() == 1);
}

TEST_CASE("an address that the guard refuses is not connected to, until a reload allows it") {
    Stage stage;
    Receiver receiver;
    const auto by_address = stage.channel(receiver.url());
    auto by_name_url = receiver.url();
    by_name_url.replace(by_name_url.find("127.0.0.1"), 9, "localhost");
    const auto by_name = stage.channel(by_name_url);
    auto config = stage.config;
    config.guard_allow.clear();
    const auto app = Stage::start(config);
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    for (const auto channel : {by_address, by_name}) {
        REQUIRE(
            eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
        CHECK(stage.attempts(event, channel)[0].error.find("loopback") != std::string::npos);
    }
    CHECK(receiver.count() == 0);
    CHECK(metric(app->port(), "sonde_notifier_attempts_total{outcome=\"blocked_address\"}") >= 2);
    config.guard_allow = {"127.0.0.0/8", "::1"};
    app->reload();
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(receiver.count() == 2);
}

TEST_CASE("nobody listening, and a name that does not exist, are failed attempts with their cause") {
    Stage stage;
    auto closed = std::make_unique<Receiver>();
    const auto refused = stage.channel(closed->url());
    closed.reset();
    const auto nameless = stage.channel("http://receiver.invalid/");
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    for (const auto channel : {refused, nameless}) {
        REQUIRE(eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
        CHECK(stage.attempts(event, channel)[0].error != "");
        CHECK(stage.attempts(event, channel)[0].status == 0);
        CHECK(stage.delivery(event, channel).state != "dead");
    }
}

}  // namespace fault_test
