#include "notifier/core/bucket.h"

#include <doctest/doctest.h>

#include <random>

namespace bucket_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1'767'225'600s};

}  // namespace

TEST_CASE("a bucket that was never used is full, and fills up again by time") {
    const channel::Rate rate{60, 60s};
    auto bucket = filled(rate, {}, kStart);
    CHECK(allowance(bucket) == 15);
    bucket.tokens -= 15;
    CHECK(allowance(filled(rate, bucket, kStart + 1s)) == 0);
    CHECK(until_next(rate, bucket) == 1334ms);
    CHECK(allowance(filled(rate, bucket, kStart + until_next(rate, bucket))) == 1);
    CHECK(allowance(filled(rate, bucket, kStart + 1h)) == 15);
    CHECK(allowance(filled(rate, bucket, kStart - 1h)) == 0);
}

TEST_CASE("one a span is one a span") {
    const channel::Rate rate{1, 1s};
    auto bucket = filled(rate, {}, kStart);
    CHECK(allowance(bucket) == 1);
    bucket.tokens -= 1;
    CHECK(allowance(filled(rate, bucket, kStart + 999ms)) == 0);
    CHECK(allowance(filled(rate, bucket, kStart + 1s)) == 1);
}

TEST_CASE("whoever takes whatever there is never gets more in any span than the rate says") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const channel::Rate rate{static_cast<int>(2 + random() % 100), milliseconds{1'000 + static_cast<int>(random() % 100'000)}};
        std::vector<TimePoint> sent;
        Bucket bucket;
        auto now = kStart;
        for (int i = 0; i < 500; ++i) {
            now += milliseconds{random() % static_cast<unsigned>(rate.per.count() / 5)};
            bucket = filled(rate, bucket, now);
            const int taken = allowance(bucket);
            bucket.tokens -= taken;
            sent.insert(sent.end(), static_cast<std::size_t>(taken), now);
        }
        const auto most = static_cast<std::size_t>(rate.messages);
        for (std::size_t i = most; i < sent.size(); ++i) CHECK(sent[i] - sent[i - most] >= rate.per - 1ms);
    }
}

}  // namespace bucket_test
