#include <doctest/doctest.h>

#include "tests/integration/bus/fixture.h"

namespace subscribe_test {

using namespace sonde;
using namespace sonde::bus;
using namespace sonde::test;

TEST_CASE("a subscription gets what is published to its subject") {
    TestBus sender, receiver;
    Inbox inbox;
    const auto subscription = receiver->subscribe("weather.*", std::ref(inbox));
    REQUIRE(receiver->flush(milliseconds{5000}));
    REQUIRE(sender->publish("weather.eu", "rain"));
    REQUIRE(sender->publish("traffic.eu", "jam"));
    REQUIRE(sender->publish("weather.us", std::string("sun\0shine", 9)));
    REQUIRE(inbox.has(2));
    CHECK(inbox.all()[0].subject == "weather.eu");
    CHECK(inbox.all()[0].payload == "rain");
    CHECK(inbox.all()[0].times_delivered == 0);
    CHECK(inbox.all()[1].payload == std::string("sun\0shine", 9));
}

TEST_CASE("a request is answered by whoever subscribes") {
    TestBus client, server;
    const auto subscription = server->subscribe("time.please", [&server](const Delivery& delivery) {
        CHECK(server->publish(delivery.reply, "it is " + delivery.payload));
    });
    REQUIRE(server->flush(milliseconds{5000}));
    Inbox answers;
    client->request("time.please", "noon", milliseconds{5000}, [&](std::optional<Delivery> reply) {
        REQUIRE(reply);
        answers(std::move(*reply));
    });
    REQUIRE(answers.has(1));
    CHECK(answers.all()[0].payload == "it is noon");
}

TEST_CASE("a request that nobody answers ends without one: at once if nobody listens, else at its deadline") {
    TestBus bus;
    std::atomic<int> without{0};
    const auto count = [&](const std::optional<Delivery>& reply) {
        if (!reply) ++without;
    };
    const auto start = std::chrono::steady_clock::now();
    bus->request("nobody.there", "x", milliseconds{30'000}, count);
    CHECK(eventually([&] { return without == 1; }));

    const auto silent = bus->subscribe("silent.type", [](const Delivery&) {});
    REQUIRE(bus->flush(milliseconds{5000}));
    bus->request("silent.type", "x", milliseconds{200}, count);
    CHECK(eventually([&] { return without == 2; }));
    CHECK(std::chrono::steady_clock::now() - start >= milliseconds{200});
}

TEST_CASE("no callback runs after a subscription was destroyed") {
    TestBus bus;
    for (int round = 0; round < 50; ++round) {
        auto gone = std::make_shared<std::atomic<bool>>(false);
        auto late = std::make_shared<std::atomic<int>>(0);
        auto subscription = bus->subscribe("pouring", [gone, late](const Delivery&) {
            if (*gone) ++*late;
        });
        for (int i = 0; i < 200; ++i) REQUIRE(bus->publish("pouring", "x"));
        subscription.reset();
        *gone = true;
        REQUIRE(bus->flush(milliseconds{5000}));
        CHECK(*late == 0);
    }
}

}  // namespace subscribe_test
