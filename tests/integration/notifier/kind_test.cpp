// Kinds of channels against a receiver that answers as theirs do.
#include <doctest/doctest.h>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace kind_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const std::vector<std::string> kIncidents{"incident.opened", "incident.acknowledged", "incident.commented", "incident.resolved"};
const std::string kSlackToken = "xoxb-0000-0000-hunter2hunter2";
const std::string kTelegramToken = "123456:hunter2hunter2";

Answer ok(Json body) { return {.status = 200, .headers = {"Content-Type: application/json"}, .body = json::dump(body)}; }

Json body_of(const Received& request) { return *json::parse(request.body); }

// Says yes, with a new `ts` for each message.
Answer slack(const Received& request, int number) {
    if (request.headers.at("authorization") != "Bearer " + kSlackToken) return ok({{"ok", false}, {"error", "invalid_auth"}});
    return ok({{"ok", true}, {"channel", "C9"}, {"ts", "17672256" + std::to_string(number) + ".000100"}, {"message", {{"text", std::string(3000, 'x')}}}});
}

ChannelId slack_channel(Stage& stage, const Receiver& receiver) {
    return stage.channel("slack_bot", {{"channel", "#ops"}, {"api_url", receiver.url("/api")}}, {{"bot_token", kSlackToken}}, kIncidents);
}

ChannelId telegram_channel(Stage& stage, const Receiver& receiver) {
    return stage.channel("telegram", {{"chat_id", "-100"}, {"api_url", receiver.url()}}, {{"bot_token", kTelegramToken}}, kIncidents);
}

}  // namespace

TEST_CASE("what follows of an incident goes into the thread of its first message, which is brought up to date, also by another process") {
    Stage stage;
    Receiver receiver(slack);
    const auto channel = slack_channel(stage, receiver);
    const auto incident = new_id<IncidentId>();
    {
        const auto app = stage.start();
        const auto opened = stage.event("incident.opened", incident, 1);
        REQUIRE(eventually([&] { return stage.delivery(opened, channel).state == "sent"; }));
        app->stop();
    }
    REQUIRE(receiver.count() == 1);
    CHECK(receiver.received()[0].target == "/api/chat.postMessage");
    CHECK(body_of(receiver.received()[0])["channel"] == "#ops");
    CHECK(!body_of(receiver.received()[0]).contains("thread_ts"));

    const auto app = stage.start();
    const auto resolved = stage.event("incident.resolved", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
    REQUIRE(receiver.count() == 3);
    const auto update = receiver.received()[1];
    CHECK(update.target == "/api/chat.update");
    CHECK(body_of(update)["ts"] == "176722561.000100");
    CHECK(body_of(update)["channel"] == "C9");
    const auto reply = receiver.received()[2];
    CHECK(reply.target == "/api/chat.postMessage");
    CHECK(body_of(reply)["thread_ts"] == "176722561.000100");
    CHECK(stage.attempts(resolved, channel).size() == 1);

    // Another incident begins a thread of its own.
    const auto other = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(other, channel).state == "sent"; }));
    CHECK(!body_of(receiver.received()[3]).contains("thread_ts"));
}

TEST_CASE("a first message that somebody deleted does not keep the news back") {
    Stage stage;
    Receiver receiver([](const Received& request, int number) {
        if (request.target == "/api/chat.update") return ok({{"ok", false}, {"error", "message_not_found"}});
        return slack(request, number);
    });
    const auto channel = slack_channel(stage, receiver);
    const auto incident = new_id<IncidentId>();
    const auto app = stage.start();
    const auto opened = stage.event("incident.opened", incident, 1);
    REQUIRE(eventually([&] { return stage.delivery(opened, channel).state == "sent"; }));
    const auto resolved = stage.event("incident.resolved", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
    CHECK(receiver.received().back().target == "/api/chat.postMessage");
}

TEST_CASE("a channel's own words are what it is told from then on") {
    Stage stage;
    Receiver receiver(slack);
    const auto channel = slack_channel(stage, receiver);
    const auto app = stage.start();
    const auto usual = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(usual, channel).state == "sent"; }));
    stage.run("update channel set templates = $2::jsonb where id = $1", {channel, R"({"incident.opened": {"title": "mind {{kind}} <now>"}})"});
    const auto worded = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(worded, channel).state == "sent"; }));
    REQUIRE(receiver.count() == 2);
    CHECK(receiver.received()[0].body.find("mind") == std::string::npos);
    CHECK(receiver.received()[1].body.find("mind incident.opened &lt;now&gt;") != std::string::npos);
}

TEST_CASE("a channel that is pointed elsewhere begins anew") {
    Stage stage;
    Receiver receiver(slack);
    const auto channel = slack_channel(stage, receiver);
    const auto incident = new_id<IncidentId>();
    const auto app = stage.start();
    const auto opened = stage.event("incident.opened", incident, 1);
    REQUIRE(eventually([&] { return stage.delivery(opened, channel).state == "sent"; }));
    stage.run("update channel set config = config || '{\"channel\": \"#other\"}' where id = $1", {channel});
    const auto resolved = stage.event("incident.resolved", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
    REQUIRE(receiver.count() == 2);
    CHECK(body_of(receiver.received()[1])["channel"] == "#other");
    CHECK(!body_of(receiver.received()[1]).contains("thread_ts"));
}

TEST_CASE("a receiver that says no with a 200 is not told again, and its words are on record without the secret") {
    Stage stage;
    Receiver receiver([](const Received& request, int) {
        return ok({{"ok", false}, {"description", "Bad Request: chat not found at " + request.target}});
    });
    const auto channel = telegram_channel(stage, receiver);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "dead"; }));
    CHECK(stage.delivery(event, channel).reason == "receiver_refused");
    CHECK(receiver.count() == 1);
    CHECK(receiver.received()[0].target == "/bot" + kTelegramToken + "/sendMessage");
    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].status == 200);
    CHECK(attempts[0].error == "Bad Request: chat not found at /bot***/sendMessage");
    CHECK(attempts[0].response.find("hunter2") == std::string::npos);
}

TEST_CASE("a receiver that asks to wait is told again then, whether it says so in the header or in the body") {
    for (const bool in_body : {false, true}) {
        Stage stage;
        Receiver receiver([in_body](const Received&, int number) {
            if (number > 1) return ok({{"ok", true}, {"result", {{"message_id", 7}}}});
            if (in_body) return Answer{.status = 429, .body = R"({"ok":false,"error_code":429,"parameters":{"retry_after":2}})"};
            return Answer{.status = 429, .headers = {"Retry-After: 2"}};
        });
        const auto channel = telegram_channel(stage, receiver);
        const auto app = stage.start();
        const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
        REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
        REQUIRE(receiver.count() == 2);
        CHECK(receiver.received()[1].at - receiver.received()[0].at >= std::chrono::milliseconds{1'900});
        CHECK(stage.attempts(event, channel)[0].status == 429);
    }
}

TEST_CASE("other methods than POST are sent as such, and what they send is an answer to the first message") {
    Stage stage;
    Receiver receiver([](const Received&, int number) { return ok({{"event_id", "$" + std::to_string(number)}}); });
    const auto channel = stage.channel("matrix", {{"homeserver", receiver.url()}, {"room_id", "!r:example"}}, {{"access_token", "syt_hunter2"}}, kIncidents);
    const auto incident = new_id<IncidentId>();
    const auto app = stage.start();
    const auto opened = stage.event("incident.opened", incident, 1);
    REQUIRE(eventually([&] { return stage.delivery(opened, channel).state == "sent"; }));
    const auto commented = stage.event("incident.commented", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(commented, channel).state == "sent"; }));
    REQUIRE(receiver.count() == 2);
    CHECK(receiver.received()[0].target.starts_with("/_matrix/client/v3/rooms/%21r:example/send/m.room.message/dlv_"));
    CHECK(body_of(receiver.received()[1])["m.relates_to"]["event_id"] == "$1");
}

}  // namespace kind_test
