#include "lib/uv/poll.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace poll_test {

using namespace sonde;
using uv::Loop;
using uv::Poll;

// Two sockets that are connected with each other.
struct Pair {
    std::array<int, 2> ends{};
    Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0); }
    ~Pair() {
        hang_up();
        ::close(ends[0]);
    }
    void hang_up() {
        if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
    }
    void say() const { REQUIRE(::send(ends[1], "x", 1, MSG_NOSIGNAL) == 1); }
};

// What was told, and what is done then.
struct Told {
    std::vector<int> events;
    std::vector<int> statuses;
    std::function<void()> then = [] {};

    static void ready(void* self, int /*fd*/, int status, int seen) {
        auto& told = *static_cast<Told*>(self);
        told.statuses.push_back(status);
        told.events.push_back(seen);
        told.then();
    }
};

// Lets the loop turn as long as something happens at once, and a little longer.
void turn(Loop& loop) {
    for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
}

TEST_CASE("what is watched for is told, as long as it is so, and nothing else") {
    Loop loop;
    const Pair pair;
    Told told;
    Poll poll(loop, pair.ends[0], &told, &Told::ready);
    poll.watch(UV_READABLE);
    turn(loop);
    CHECK(told.events.empty());  // it can be written, but nobody asked
    pair.say();
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(told.events == std::vector<int>{UV_READABLE, UV_READABLE});
    poll.watch(UV_READABLE | UV_WRITABLE);
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(told.events.back() == (UV_READABLE | UV_WRITABLE));
    poll.watch(UV_WRITABLE);
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(told.events.back() == UV_WRITABLE);
    const auto count = told.events.size();
    poll.watch(0);
    turn(loop);
    CHECK(told.events.size() == count);
    poll.watch(UV_READABLE);
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(told.events.back() == UV_READABLE);
    CHECK(told.statuses == std::vector<int>(told.events.size(), 0));
}

TEST_CASE("a watch that a callback ended is not told of what had happened already, and neither is the next of the same number") {
    Loop loop;
    std::vector<std::unique_ptr<Pair>> pairs;
    std::vector<std::unique_ptr<Poll>> polls;
    Told told, later;
    for (int i = 0; i < 8; ++i) {
        pairs.push_back(std::make_unique<Pair>());
        polls.push_back(std::make_unique<Poll>(loop, pairs.back()->ends[0], &told, &Told::ready));
        polls.back()->watch(UV_READABLE);
        pairs.back()->say();
    }
    std::unique_ptr<Pair> fresh;
    std::unique_ptr<Poll> other;
    // The first that is told ends all, itself included, and opens a socket that gets a number of theirs.
    told.then = [&] {
        polls.clear();
        pairs.clear();
        fresh = std::make_unique<Pair>();
        other = std::make_unique<Poll>(loop, fresh->ends[0], &later, &Told::ready);
        other->watch(UV_READABLE);
    };
    turn(loop);
    CHECK(told.events.size() == 1);
    CHECK(later.events.empty());
    fresh->say();
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(later.events == std::vector<int>{UV_READABLE});
    other.reset();
}

TEST_CASE("who hung up is told as all that is watched for") {
    Loop loop;
    Pair pair;
    Told told;
    Poll poll(loop, pair.ends[0], &told, &Told::ready);
    poll.watch(UV_WRITABLE);
    pair.hang_up();
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(told.events == std::vector<int>{UV_WRITABLE});
    CHECK(told.statuses == std::vector<int>{0});
}

TEST_CASE("a socket with an error is told of once and watched no more, until it is asked for again") {
    Loop loop;
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(1);  // nobody listens there
    ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    Told told;
    {
        Poll poll(loop, fd, &told, &Told::ready);
        poll.watch(UV_WRITABLE);
        for (int i = 0; i < 1000 && told.events.empty(); ++i) {
            uv_run(loop.raw(), UV_RUN_NOWAIT);
            ::usleep(1000);
        }
        turn(loop);
        CHECK(told.events == std::vector<int>{0});
        CHECK(told.statuses == std::vector<int>{UV_EBADF});
        int code = 0;
        socklen_t length = sizeof code;
        CHECK(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0);
        CHECK(code == ECONNREFUSED);
        poll.watch(UV_WRITABLE);
        uv_run(loop.raw(), UV_RUN_NOWAIT);
        CHECK(told.events.back() == UV_WRITABLE);
    }
    ::close(fd);
}

TEST_CASE("more sockets than are looked at in one turn are all told, one turn after the other") {
    Loop loop;
    constexpr int kMany = 400;
    std::vector<std::unique_ptr<Pair>> pairs;
    std::vector<std::unique_ptr<Poll>> polls;
    std::vector<Told> told(kMany);
    for (int i = 0; i < kMany; ++i) {
        pairs.push_back(std::make_unique<Pair>());
        polls.push_back(std::make_unique<Poll>(loop, pairs.back()->ends[0], &told[static_cast<std::size_t>(i)], &Told::ready));
        polls.back()->watch(UV_READABLE);
        pairs.back()->say();
    }
    turn(loop);
    CHECK(std::all_of(told.begin(), told.end(), [](const Told& one) { return !one.events.empty(); }));
    polls.clear();
}

TEST_CASE("what a loop watches with it has from its beginning: its first socket may be the last that the process has room for") {
    Loop loop;
    const Pair pair;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit few{std::min<rlim_t>(before.rlim_cur, 256), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    std::vector<int> taken;
    for (int fd = ::dup(pair.ends[0]); fd >= 0; fd = ::dup(pair.ends[0])) taken.push_back(fd);
    Told told;
    Poll poll(loop, pair.ends[0], &told, &Told::ready);
    poll.watch(UV_READABLE);
    pair.say();
    turn(loop);
    CHECK(!told.events.empty());
    CHECK_THROWS_AS(Loop{}, std::runtime_error);
    for (const int fd : taken) ::close(fd);
    CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("what the kernel cannot watch is refused") {
    Loop loop;
    Told told;
    std::FILE* const file = std::tmpfile();
    Poll poll(loop, ::fileno(file), &told, &Told::ready);
    CHECK_THROWS_AS(poll.watch(UV_READABLE), std::runtime_error);
    turn(loop);
    CHECK(told.events.empty());
    std::fclose(file);
}

}  // namespace poll_test
