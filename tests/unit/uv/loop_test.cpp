#include "lib/uv/loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace loop_test {

using namespace sonde;
using uv::Loop;
using uv::Timer;

TEST_CASE("posted work runs on the loop's thread, in the order it was posted, all that came before stop") {
    Loop loop;
    std::vector<int> done;
    std::thread::id ran_on;
    std::thread poster([&] {
        for (int i = 0; i < 10'000; ++i) loop.post([&done, i] { done.push_back(i); });
        loop.post([&] { ran_on = std::this_thread::get_id(); });
        loop.stop();
        loop.post([&done] { done.push_back(-1); });
    });
    loop.run();
    poster.join();
    REQUIRE(done.size() == 10'000);
    for (int i = 0; i < 10'000; ++i) REQUIRE(done[static_cast<std::size_t>(i)] == i);
    CHECK(ran_on == std::this_thread::get_id());
}

TEST_CASE("work posted by work runs later, not inside the call") {
    Loop loop;
    std::vector<int> order;
    loop.post([&] {
        loop.post([&] {
            order.push_back(2);
            loop.stop();
        });
        order.push_back(1);
    });
    loop.run();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a loop that was stopped before it ran returns at once") {
    Loop loop;
    loop.stop();
    loop.run();
    CHECK(true);
}

TEST_CASE("timers fire in the order of their delays, and no earlier than a millisecond before") {
    Loop loop;
    std::vector<int> order;
    Timer late(loop);
    Timer early(loop);
    const auto start = std::chrono::steady_clock::now();
    late.once(milliseconds{30}, [&] {
        order.push_back(2);
        CHECK(std::chrono::steady_clock::now() - start >= milliseconds{29});
        loop.stop();
    });
    early.once(milliseconds{0}, [&] { order.push_back(1); });
    CHECK(order.empty());
    loop.run();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a repeating timer repeats until it cancels itself in its callback") {
    Loop loop;
    int times = 0;
    Timer timer(loop);
    Timer end(loop);
    timer.every(milliseconds{1}, [&] {
        if (++times < 3) return;
        timer.cancel();
        end.once(milliseconds{20}, [&] { loop.stop(); });
    });
    loop.run();
    CHECK(times == 3);
}

TEST_CASE("timers that are late and start anew leave the rest of the loop its turn") {
    Loop loop;
    std::vector<int> order;
    std::vector<std::unique_ptr<Timer>> timers;
    std::function<void(Timer&)> again = [&](Timer& timer) {
        timer.once(milliseconds{1}, [&] {
            std::this_thread::sleep_for(milliseconds{3});  // so that the others are due, too
            order.push_back(1);
            if (order.size() > 200) return loop.stop();
            again(timer);
        });
    };
    for (int i = 0; i < 3; ++i) again(*timers.emplace_back(std::make_unique<Timer>(loop)));
    std::thread elsewhere([&] {
        std::this_thread::sleep_for(milliseconds{20});
        loop.post([&] {
            order.push_back(2);
            loop.stop();
        });
    });
    loop.run();
    elsewhere.join();
    CHECK(std::count(order.begin(), order.end(), 2) == 1);
    CHECK(order.size() < 200);  // it did not take the end to be heard
}

TEST_CASE("a callback may start its own timer anew, once or repeating") {
    Loop loop;
    std::vector<int> order;
    Timer timer(loop);
    timer.every(milliseconds{1}, [&] {
        order.push_back(1);
        timer.once(milliseconds{1}, [&] {
            order.push_back(2);
            timer.every(milliseconds{1}, [&] {
                order.push_back(3);
                if (order.size() == 4) loop.stop();
            });
        });
    });
    loop.run();
    CHECK(order == std::vector<int>{1, 2, 3, 3});
}

TEST_CASE("a callback may destroy its own timer, and what it holds lives until it returns") {
    Loop loop;
    auto timer = std::make_unique<Timer>(loop);
    auto held = std::make_shared<int>(7);
    const std::weak_ptr<int> watch = held;
    int seen = 0;
    timer->every(milliseconds{1}, [&, held = std::move(held)] {
        timer.reset();
        seen = *held;
        loop.post([&] { loop.stop(); });
    });
    loop.run();
    CHECK(seen == 7);
    CHECK(watch.expired());
}

TEST_CASE("a timer that is destroyed or cancelled never fires") {
    Loop loop;
    bool fired = false;
    std::optional<Timer> gone(std::in_place, loop);
    Timer cancelled(loop);
    Timer end(loop);
    gone->once(milliseconds{1}, [&] { fired = true; });
    cancelled.once(milliseconds{1}, [&] { fired = true; });
    gone.reset();
    cancelled.cancel();
    end.once(milliseconds{20}, [&] { loop.stop(); });
    loop.run();
    CHECK_FALSE(fired);
}

}  // namespace loop_test
