#include "lib/bus/window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace window_test {

using namespace sonde;
using namespace sonde::bus;

namespace {

const MonotonicPoint kStart = MonotonicPoint{} + std::chrono::hours{1};

void arrive(Window& window, std::size_t slot, int messages) {
    for (int i = 0; i < messages; ++i) window.message(slot);
}

}  // namespace

TEST_CASE("what is wanted is asked for once") {
    Window window(seconds{30});
    CHECK_FALSE(window.next(kStart));
    window.want(10);
    const auto ask = window.next(kStart);
    REQUIRE(ask);
    CHECK(ask->batch == 10);
    CHECK_FALSE(window.next(kStart));
    window.want(10);
    CHECK_FALSE(window.next(kStart));
    CHECK(window.open() == 10);
}

TEST_CASE("messages make the room smaller until the owner says otherwise") {
    Window window(seconds{30});
    window.want(4);
    arrive(window, window.next(kStart)->slot, 4);
    CHECK(window.open() == 0);
    CHECK_FALSE(window.next(kStart));
    window.want(4);
    CHECK(window.next(kStart)->batch == 4);
}

TEST_CASE("a steady flow is asked for in halves, not one by one") {
    Window window(seconds{30});
    window.want(10);
    std::deque<Ask> server{*window.next(kStart)};
    int asks = 0;
    for (int i = 0; i < 100; ++i) {
        arrive(window, server.front().slot, 1);
        if (--server.front().batch == 0) server.pop_front();
        window.want(10);
        if (const auto ask = window.next(kStart)) {
            ++asks;
            CHECK(ask->batch >= 5);
            server.push_back(*ask);
        }
        CHECK(window.open() <= 10);
        CHECK(window.open() >= 1);
    }
    CHECK(asks <= 20);
}

TEST_CASE("what the server did not send is asked for again") {
    Window window(seconds{30});
    window.want(10);
    const auto first = window.next(kStart);
    arrive(window, first->slot, 3);
    window.ended(first->slot, first->id);
    CHECK(window.open() == 0);
    CHECK(window.next(kStart)->batch == 7);
}

TEST_CASE("the end of one of two requests leaves the other open") {
    Window window(seconds{30});
    window.want(8);
    const auto first = window.next(kStart);
    arrive(window, first->slot, 4);
    window.want(8);
    const auto second = window.next(kStart);
    REQUIRE(second);
    CHECK(second->slot != first->slot);
    CHECK(window.open() == 8);
    arrive(window, second->slot, 1);
    window.ended(first->slot, first->id);
    CHECK(window.open() == 3);
    window.ended(second->slot, second->id);
    CHECK(window.open() == 0);
}

TEST_CASE("the late end of an earlier request does not end the present one") {
    Window window(seconds{30});
    window.want(5);
    const auto first = window.next(kStart);
    arrive(window, first->slot, 5);
    window.want(5);
    const auto second = window.next(kStart);
    REQUIRE(second->slot == first->slot);
    window.ended(first->slot, first->id);
    CHECK(window.open() == 5);
}

TEST_CASE("a request of which nothing is heard any more is given up some time after it must have expired") {
    Window window(seconds{30});
    window.want(5);
    REQUIRE(window.next(kStart));
    const auto due = window.next_event();
    CHECK(due > kStart + seconds{30});
    CHECK(due < kStart + seconds{60});
    window.sweep(due - milliseconds{1});
    CHECK_FALSE(window.next(due));
    window.sweep(due);
    CHECK(window.next(due)->batch == 5);
}

TEST_CASE("during a pause nothing is asked for, and its end is an event") {
    Window window(seconds{30});
    window.pause(kStart + milliseconds{100});
    CHECK(window.next_event() == MonotonicPoint::max());
    window.want(5);
    CHECK(window.next_event() == kStart + milliseconds{100});
    CHECK_FALSE(window.next(kStart + milliseconds{99}));
    CHECK(window.next(kStart + milliseconds{100}));
}

TEST_CASE("a pause that is over is no event any more, also when too little is missing to ask for") {
    Window window(seconds{30});
    window.want(10);
    window.pause(kStart + milliseconds{100});
    const auto now = kStart + milliseconds{100};
    REQUIRE(window.next(now));
    window.want(11);  // one more than is asked for: not worth a request
    CHECK(!window.next(now));
    CHECK(window.next_event() > now);
}

TEST_CASE("when the connection is lost everything is asked for anew") {
    Window window(seconds{30});
    window.want(5);
    arrive(window, window.next(kStart)->slot, 2);
    window.forget();
    CHECK(window.open() == 0);
    CHECK(window.next(kStart)->batch == 3);
}

// A server that fills requests in turns or one after the other, expires them and tells it or not.
TEST_CASE("whatever the server does, never more is open at it than there is room for, and nothing is forgotten for ever") {
    struct Request {
        Ask ask;
        MonotonicPoint expires;
    };
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const bool in_turns = seed % 2 == 0;
        Window window(seconds{30});
        std::deque<Request> server;
        int room = 0;
        auto now = kStart;
        for (int step = 0; step < 2000; ++step) {
            switch (random() % 4) {
                case 0:
                    room = std::max(room, static_cast<int>(random() % 20));
                    window.want(room);
                    break;
                case 1:
                    if (!server.empty()) {
                        auto request = server.front();
                        server.pop_front();
                        window.message(request.ask.slot);
                        --room;
                        if (--request.ask.batch > 0 && in_turns) server.push_back(request);
                        if (request.ask.batch > 0 && !in_turns) server.push_front(request);
                    }
                    break;
                case 2:
                    now += milliseconds{random() % 3000};
                    for (auto at = server.begin(); at != server.end();) {
                        if (at->expires > now) {
                            ++at;
                            continue;
                        }
                        if (random() % 3 != 0) window.ended(at->ask.slot, at->ask.id);
                        at = server.erase(at);
                    }
                    window.sweep(now);
                    break;
                default:
                    break;
            }
            if (const auto ask = window.next(now)) server.push_back({*ask, now + seconds{30}});
            int under_way = 0;
            for (const auto& request : server) under_way += request.ask.batch;
            REQUIRE_MESSAGE(under_way <= room, "seed ", seed, ", step ", step);
            REQUIRE_MESSAGE(under_way <= window.open(), "seed ", seed, ", step ", step);
            if (room == 0) continue;
            auto copy = window;
            copy.sweep(now + seconds{60});
            REQUIRE_MESSAGE(copy.next(now + seconds{60}), "seed ", seed, ", step ", step);
        }
    }
}

}  // namespace window_test
