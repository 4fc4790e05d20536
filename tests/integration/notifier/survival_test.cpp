// Notifiers that die, databases that die, and several notifiers at once.
#include <doctest/doctest.h>

#include <future>
#include <map>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace survival_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// The test's own connections die with the server as well.
bool settled_in_spite_of_failures(Stage& stage) {
    try {
        return stage.settled();
    } catch (const db::DbError&) {
        return false;
    }
}

}  // namespace

TEST_CASE("what a notifier was sending when it was stopped is attempted by the next one, with the same identity") {
    Stage stage;
    Receiver receiver(
        [](const Received&, int number) { return Answer{.how = number == 1 ? Answer::How::hang : Answer::How::whole}; });
    const auto channel = stage.channel(receiver.url());
    auto config = stage.config;
    config.drain = milliseconds{0};
    auto app = Stage::start(config);
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return receiver.count() == 1; }));
    app.reset();
    CHECK(stage.delivery(event, channel).state == "planned");

    app = stage.start();
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    const auto received = receiver.received();
    REQUIRE(received.size() == 2);
    CHECK(received[0].headers.at("webhook-id") == received[1].headers.at("webhook-id"));
    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].error.find("stopped before the answer came") != std::string::npos);
}

TEST_CASE("a delivery whose notifier died while sending waits for the end of its lease, not longer") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url());
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    const auto delivery = new_id<DeliveryId>();
    // As a process leaves it that is killed between its attempt's record and its outcome's.
    stage.run("delete from event_to_plan");
    stage.run(
        "insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, attempts, next_at, lease_owner, "
        "lease_until) "
        "select $1, id, $2, kind, incident_id, seq, 'sending', 1, now() + interval '2 s', 'notifier/gone', now() + interval '2 "
        "s' from outbox",
        {delivery, channel});
    stage.run("insert into delivery_attempt (delivery_id, number, started_at) values ($1, 1, now())", {delivery});
    const auto begun = std::chrono::steady_clock::now();
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    REQUIRE(receiver.count() == 1);
    CHECK(receiver.received()[0].at - begun > milliseconds{1'500});
    CHECK(receiver.received()[0].headers.at("webhook-id") == event.text());
    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 2);
    CHECK(!attempts[0].finished);  // nobody can know any more
    CHECK(attempts[1].status == 200);
}

TEST_CASE("a stop waits for the answers under way and puts them on record") {
    Stage stage;
    Receiver receiver([](const Received&, int) { return Answer{.how = Answer::How::hang}; });
    const auto channel = stage.channel(receiver.url());
    auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return receiver.count() == 1; }));
    app.reset();  // the attempt ends by its timeout, which is shorter than the drain
    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].finished);
    CHECK(attempts[0].error.find("timed out") != std::string::npos);
    CHECK(stage.delivery(event, channel).state == "planned");
}

TEST_CASE("a lease is prolonged while its attempt lasts, so that a second notifier does not send it too") {
    Stage stage;
    Receiver receiver([](const Received&, int) { return Answer{.how = Answer::How::hang}; });
    stage.config.lease = milliseconds{1'000};
    stage.config.timeout = milliseconds{4'000};
    const auto channel = stage.channel(receiver.url());
    const auto one = stage.start();
    const auto two = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
    CHECK(stage.delivery(event, channel).attempts == 1);
    CHECK(receiver.count() == 1);
    receiver.let_go();
}

TEST_CASE("two notifiers send each event once") {
    Stage stage;
    Receiver receiver;
    stage.channel(receiver.url(), {"incident.opened", "incident.commented"});
    const auto one = stage.start();
    const auto two = stage.start();
    for (int i = 0; i < 100; ++i) {
        const auto incident = new_id<IncidentId>();
        stage.event("incident.opened", incident, 1);
        stage.event("incident.commented", incident, 2);
    }
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.count("state = 'sent' and attempts = 1") == 200);
    std::map<std::string, int> times;
    std::map<std::string, std::int64_t> last;
    for (const auto& request : receiver.received()) {
        ++times[request.headers.at("webhook-id")];
        const auto document = *json::parse(request.body);
        auto& seq = last[document["incident"]["id"].get<std::string>()];
        CHECK(document["incident"]["seq"].get<std::int64_t>() == seq + 1);
        seq = document["incident"]["seq"].get<std::int64_t>();
    }
    CHECK(times.size() == 200);
    for (const auto& [id, count] : times) CHECK_MESSAGE(count == 1, id);
}

TEST_CASE("an answer that comes while the database is dead is put on record when it is back, and nothing is sent again") {
    Stage stage;
    Receiver receiver(
        [](const Received&, int number) { return Answer{.how = number == 1 ? Answer::How::hang : Answer::How::whole}; });
    stage.config.timeout = milliseconds{20'000};
    stage.config.lease = milliseconds{1'000};
    const auto channel = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return receiver.count() == 1; }));
    shared_postgres().kill_hard();
    REQUIRE(eventually([&] { return page(app->port(), "/readyz").find("\"ready\":false") != std::string::npos; }));
    receiver.let_go();  // the connection is closed without an answer: a failed attempt, to be repeated once the database is back
    REQUIRE(eventually([&] { return metric(app->port(), "sonde_notifier_attempts_total{outcome=\"unreachable\"}") == 1; }));
    shared_postgres().restart();
    REQUIRE(eventually([&] { return settled_in_spite_of_failures(stage); }));
    CHECK(stage.delivery(event, channel).state == "sent");
    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].finished);
    CHECK(attempts[0].error != "");
    CHECK(receiver.count() == 2);
    REQUIRE(eventually([&] { return page(app->port(), "/readyz").find("\"ready\":true") != std::string::npos; }));
}

TEST_CASE("the database may die in the middle of many deliveries: none is lost, and none is sent again whose answer came") {
    Stage stage;
    std::promise<void> promise;
    const auto database_is_dead = promise.get_future().share();
    Receiver receiver([&](const Received&, int number) {
        if (number > 20) database_is_dead.wait_for(seconds{20});
        return Answer{};
    });
    const auto channel = stage.channel(receiver.url());
    stage.config.timeout = milliseconds{20'000};
    stage.config.lease = milliseconds{2'000};
    const auto app = stage.start();
    std::vector<EventId> events;
    for (int i = 0; i < 300; ++i) events.push_back(stage.event("incident.opened", new_id<IncidentId>(), 1));
    REQUIRE(eventually([&] { return receiver.count() == 20 + stage.config.max_per_channel; }));
    shared_postgres().kill_hard();
    promise.set_value();
    REQUIRE(eventually(
        [&] { return metric(app->port(), "sonde_notifier_attempts_total{outcome=\"accepted\"}") == receiver.count(); }));
    shared_postgres().restart();
    REQUIRE(eventually([&] { return settled_in_spite_of_failures(stage); }));
    std::map<std::string, int> times;
    for (const auto& request : receiver.received()) ++times[request.headers.at("webhook-id")];
    CHECK(times.size() == 300);
    for (const auto& [id, count] : times) CHECK_MESSAGE(count == 1, id);
    for (const auto event : events) CHECK(stage.delivery(event, channel).state == "sent");
}

TEST_CASE("connections to the database that are cut stop nothing, and no event goes unnoticed") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url());
    const auto app = stage.start();
    const auto first = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(first, channel).state == "sent"; }));
    // Every session is cut off, the notifier's listener with them: what is written next is found by looking.
    stage.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sonde-notifier%'");
    const auto second = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(second, channel).state == "sent"; }));
    CHECK(receiver.count() == 2);
}

}  // namespace survival_test
