// Mail servers that misbehave, and those that must not be trusted.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/integration/notifier/mail_server.h"
#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace mail_fault_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const std::vector<std::string> kOpened{"incident.opened"};

Json config_of(const MailServer& server, const std::string& security = "starttls") {
    return {{"server", "127.0.0.1"}, {"port", server.port()}, {"security", security}, {"ca_certificates", server.pem()}, {"from", "sonde@example.org"}, {"to", {"ann@example.org"}}};
}

Json with(Json config, const Json& more) {
    config.update(more);
    return config;
}

// The attempts of a delivery that is accepted in the end.
std::vector<Attempted> attempts_until_taken(Stage& stage, const MailServer& server) {
    const auto channel = stage.channel("email", config_of(server), Json::object(), kOpened);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    return stage.attempts(event, channel);
}

// The first attempt of one that is not.
Attempted first_attempt(Stage& stage, const Json& config, const Json& secrets = Json::object()) {
    const auto channel = stage.channel("email", config, secrets, kOpened);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
    return stage.attempts(event, channel)[0];
}

}  // namespace

TEST_CASE("trouble that may pass is tried again, each attempt with its cause on record") {
    Stage stage;
    MailServer server({"reset", "421-greet+starttls", "451-mail+starttls", "452-end+starttls", "drop-data+starttls", "starttls"});
    const auto attempts = attempts_until_taken(stage, server);
    REQUIRE(attempts.size() == 6);
    CHECK(attempts[0].status == 0);
    CHECK(attempts[0].error != "");
    CHECK(attempts[1].status == 421);
    CHECK(attempts[2].status == 451);
    CHECK(attempts[2].error == "refused: 451 as it was told");
    CHECK(attempts[3].status == 452);
    CHECK(attempts[4].status == 0);
    CHECK(attempts[5].status == 250);
    CHECK(server.taken().size() == 1);
}

TEST_CASE("what is refused for good is given up at once") {
    for (const std::string where : {"554-greet", "550-mail", "554-end"}) {
        CAPTURE(where);
        Stage stage;
        MailServer server({"starttls+" + where});
        const auto channel = stage.channel("email", config_of(server), Json::object(), kOpened);
        const auto app = stage.start();
        const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
        REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "dead"; }));
        CHECK(stage.delivery(event, channel).reason == "receiver_refused");
        CHECK(stage.attempts(event, channel).size() == 1);
        CHECK(stage.attempts(event, channel)[0].response == "as it was told");
    }
}

TEST_CASE("a server that hangs is left after its time, wherever it does, and delays no other channel meanwhile") {
    Stage stage;
    stage.config.mail_timeout = milliseconds{2'000};
    MailServer server({"hang+starttls", "hang-data+starttls", "starttls"});
    MailServer stuck({"hang-data+starttls"});
    Receiver good;
    const auto held = stage.channel("email", config_of(stuck), Json::object(), {"incident.commented"});
    stage.event("incident.commented", new_id<IncidentId>(), 1);
    const auto webhook = stage.channel(good.url());
    const auto attempts = attempts_until_taken(stage, server);
    REQUIRE(attempts.size() == 3);
    CHECK(attempts[0].error.find("timed out") != std::string::npos);
    CHECK(attempts[1].status == 0);
    CHECK(good.count() == 1);
    CHECK(stage.count("state = 'sent'") == 2);
    CHECK(held != webhook);
}

TEST_CASE("a server that does not take leave does not hold up what it took") {
    Stage stage;
    stage.config.mail_timeout = milliseconds{60'000};
    MailServer server({"hang-quit+starttls"});
    const auto begun = std::chrono::steady_clock::now();
    const auto attempts = attempts_until_taken(stage, server);
    CHECK(attempts.size() == 1);
    CHECK(std::chrono::steady_clock::now() - begun < seconds{30});
}

TEST_CASE("a server that cannot encrypt, or that nobody vouches for, is told nothing") {
    Stage stage;
    MailServer plain({"auth"});
    const auto downgraded = first_attempt(stage, with(config_of(plain), {{"user", "ann"}}), {{"password", "hunter2hunter2"}});
    CHECK(downgraded.status == 0);
    CHECK(downgraded.error.find("STARTTLS") != std::string::npos);

    Stage other;
    MailServer secure({"starttls"});
    MailServer stranger;
    const auto untrusted = first_attempt(other, with(config_of(secure), {{"ca_certificates", stranger.pem()}}));
    CHECK(untrusted.error.find("certificate") != std::string::npos);
    CHECK(secure.taken().empty());

    Stage misnamed;
    misnamed.config.guard_allow.push_back("::1");
    CHECK(first_attempt(misnamed, with(config_of(secure), {{"server", "localhost"}})).error.find("localhost") != std::string::npos);
    CHECK(secure.taken().empty());
}

TEST_CASE("a server that delivery.ca_file vouches for is trusted without certificates of the channel's own") {
    Stage stage;
    MailServer server({"tls"});
    stage.config.ca_file = stage.config.key_file + ".pem";
    std::ofstream(stage.config.ca_file) << server.pem();
    const auto channel = stage.channel("email", with(config_of(server, "tls"), {{"ca_certificates", nullptr}}), Json::object(), kOpened);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    CHECK(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
}

TEST_CASE("the wrong password is a refusal for good, and no record has it") {
    Stage stage;
    MailServer server({"starttls+auth+echo"});
    const auto channel = stage.channel("email", with(config_of(server), {{"user", "ann"}}), {{"password", "a-wrong-secret"}}, kOpened);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "dead"; }));
    const auto attempt = stage.attempts(event, channel)[0];
    CHECK(attempt.status == 535);
    CHECK(attempt.error == "refused: 535 5.7.8 no: ***");
    CHECK(attempt.response == "5.7.8 no: ***");
}

TEST_CASE("in the clear mail goes to addresses that the guard's list names, and the guard holds for mail as for all else") {
    Stage stage;
    MailServer server;
    const auto channel = stage.channel("email", config_of(server, "none"), Json::object(), kOpened);
    {
        const auto app = stage.start();
        const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
        CHECK(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
        CHECK(server.taken()[0]["tls"] == false);
    }
    auto config = stage.config;
    config.guard_allow.clear();
    const auto app = Stage::start(config);
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
    CHECK(stage.attempts(event, channel)[0].error.find("loopback") != std::string::npos);
    config.guard_allow = {"127.0.0.1"};
    app->reload();
    CHECK(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
}

}  // namespace mail_fault_test
