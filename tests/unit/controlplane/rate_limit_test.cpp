// Buckets of tokens, and how many clients they are kept for.
#include "controlplane/api/endpoint/rate_limit.h"

#include <doctest/doctest.h>

namespace rate_limit_test {

using namespace sonde;
using namespace sonde::controlplane;
using std::chrono::seconds;

namespace {
const MonotonicPoint kStart{seconds{1'000}};
}

TEST_CASE("a bucket gives what is in it at once, and then as it fills") {
    const Budget budget{6, seconds{60}};
    Bucket bucket(kStart, budget);
    for (int left = 5; left >= 0; --left) {
        const auto taken = bucket.take(budget, kStart);
        CHECK(taken.allowed);
        CHECK(taken.remaining == left);
        CHECK(taken.full == seconds{10 * (6 - left)});
    }
    const auto refused = bucket.take(budget, kStart + seconds{3});
    CHECK_FALSE(refused.allowed);
    CHECK(refused.again == seconds{7});
    CHECK(bucket.take(budget, kStart + seconds{10}).allowed);
    CHECK_FALSE(bucket.take(budget, kStart + seconds{11}).allowed);
    CHECK_FALSE(bucket.is_full(budget, kStart + seconds{69}));
    CHECK(bucket.is_full(budget, kStart + seconds{70}));
    CHECK(bucket.take(budget, kStart + seconds{1'000}).remaining == 5);
}

TEST_CASE("clocks that go back fill no bucket") {
    const Budget budget{1, seconds{60}};
    Bucket bucket(kStart, budget);
    CHECK(bucket.take(budget, kStart).allowed);
    CHECK_FALSE(bucket.take(budget, kStart - seconds{100}).allowed);
    CHECK_FALSE(bucket.take(budget, kStart + seconds{1}).allowed);
}

TEST_CASE("each client and each kind of request has a bucket of its own") {
    metrics::Registry metrics;
    RateLimits limits;
    limits.read = {1};
    limits.write = {1};
    limits.costly = {0};
    RateLimiter limiter(limits, metrics);
    CHECK(limiter.take(Cost::read, "a", kStart).allowed);
    CHECK_FALSE(limiter.take(Cost::read, "a", kStart).allowed);
    CHECK(limiter.take(Cost::write, "a", kStart).allowed);
    CHECK(limiter.take(Cost::read, "b", kStart).allowed);
    for (int i = 0; i < 10; ++i) CHECK(limiter.take(Cost::costly, "a", kStart).allowed);
}

TEST_CASE("of very many clients those that are quiet are forgotten, which gives them nothing") {
    metrics::Registry metrics;
    RateLimits limits;
    limits.read = {2};
    RateLimiter limiter(limits, metrics);
    CHECK(limiter.take(Cost::read, "busy", kStart + seconds{100}).remaining == 1);
    for (std::size_t i = 0; i < RateLimiter::kMostClients - 1; ++i) limiter.take(Cost::read, std::to_string(i), kStart);
    CHECK(limiter.take(Cost::read, "one more", kStart + seconds{100}).remaining == 1);
    CHECK(limiter.take(Cost::read, "busy", kStart + seconds{100}).remaining == 0);
}

TEST_CASE("a client has so many streams at once, and others theirs") {
    metrics::Registry metrics;
    RateLimits limits;
    limits.streams = 2;
    RateLimiter limiter(limits, metrics);
    auto first = limiter.open_stream("a");
    const auto second = limiter.open_stream("a");
    CHECK_THROWS_AS(limiter.open_stream("a"), http::ProblemError);
    const auto other = limiter.open_stream("b");
    first.reset();
    const auto third = limiter.open_stream("a");
    CHECK_THROWS_AS(limiter.open_stream("a"), http::ProblemError);
}

TEST_CASE("who is refused is told when to come again") {
    const auto response = too_many(Cost::write, {false, 10, 0, seconds{60}, seconds{6}});
    CHECK(response.status == 429);
    const auto header = [&](std::string_view name) {
        for (const auto& [is, value] : response.headers) {
            if (is == name) return value;
        }
        return std::string{};
    };
    CHECK(header("Retry-After") == "6");
    CHECK(header("RateLimit-Limit") == "10");
    CHECK(header("RateLimit-Remaining") == "0");
    CHECK(header("RateLimit-Reset") == "60");
}

}  // namespace rate_limit_test
