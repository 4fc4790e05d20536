#include <doctest/doctest.h>

#include <set>

#include "lib/base/duration.h"
#include "lib/base/id.h"
#include "lib/base/shard.h"
#include "lib/base/instant.h"

namespace base_test {

using namespace sonde;

TEST_CASE("an id survives its text form, and sorts as text as it does as a number") {
    const SiteId small{7};
    const SiteId large{INT64_MAX};
    CHECK(SiteId::parse(small.text()) == small);
    CHECK(SiteId::parse(large.text()) == large);
    CHECK(small.text() == "sit_0000000000007");
    CHECK(large.text() == "sit_7zzzzzzzzzzzz");
    CHECK(small.text() < large.text());
}

TEST_CASE("text that no id would be written as is refused") {
    for (const auto* text : {"", "sit_", "sit_000000000000", "sit_00000000000000", "mon_0000000000007", "sit_8000000000000",
                             "sit_000000000000u", "sit_000000000000A", "SIT_0000000000007", "sit-0000000000007"}) {
        CHECK_MESSAGE(!SiteId::parse(text), text);
    }
}

TEST_CASE("new ids are unique and rise") {
    std::int64_t last = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto next = new_id_value();
        REQUIRE(next > last);
        last = next;
    }
}

TEST_CASE("RFC 3339 text is read back to the same instant") {
    for (const std::int64_t ms : {0LL, 1LL, 1767225599999LL, 951782400000LL, 4102444800000LL}) {
        const auto at = from_unix_ms(ms);
        CHECK(from_rfc3339(to_rfc3339(at)) == at);
    }
    CHECK(to_rfc3339(from_unix_ms(951782400123)) == "2000-02-29T00:00:00.123Z");
    CHECK(from_rfc3339("2000-02-29T01:30:00+01:30") == from_unix_ms(951782400000));
    CHECK(from_rfc3339("2000-02-29T00:00:00.1239Z") == from_unix_ms(951782400123));
}

TEST_CASE("what is not an RFC 3339 date-time is refused") {
    for (const auto* text : {"", "2000", "2000-02-30T00:00:00Z", "2000-02-29 00:00:00Z", "2000-02-29T24:00:00Z", "2000-02-29T00:00:00",
                             "2000-02-29T00:00:00.Z", "2000-02-29T00:00:00Zx", "2000-13-01T00:00:00Z", "2000-02-29T00:00:00+25:00"}) {
        CHECK_MESSAGE(!from_rfc3339(text), text);
    }
}

TEST_CASE("durations are read as people write them") {
    CHECK(parse_duration("500ms") == milliseconds{500});
    CHECK(parse_duration("1h30m") == milliseconds{5'400'000});
    CHECK(parse_duration("7d") == milliseconds{604'800'000});
    CHECK(parse_duration("0") == milliseconds{0});
    for (const auto* text : {"", "5", "s", "-5s", "5s5s", "5s1m", "1.5s", "5 s", "99999999999d", "36601d"}) CHECK_MESSAGE(!parse_duration(text), text);
    for (const auto* text : {"500ms", "1h30m", "7d", "1d2h3m4s5ms"}) CHECK(format_duration(*parse_duration(text)) == text);
}

TEST_CASE("phases are spread evenly over the interval, in every share") {
    constexpr milliseconds interval{30'000};
    std::array<int, 30> by_second{};
    std::array<int, kSchedulerShares> by_share{};
    for (int i = 0; i < 30'000; ++i) {
        const MonitorId id{new_id_value()};
        const auto phase = phase_of(id, interval);
        REQUIRE(phase >= milliseconds{0});
        REQUIRE(phase < interval);
        ++by_second.at(static_cast<std::size_t>(phase.count() / 1000));
        ++by_share.at(static_cast<std::size_t>(scheduler_share_of(id)));
    }
    for (const int count : by_second) CHECK(std::abs(count - 1000) < 200);
    for (const int count : by_share) CHECK(std::abs(count - 30'000 / kSchedulerShares) < 300);
}

TEST_CASE("slots follow each other at the interval, whatever the instant one asks at") {
    constexpr milliseconds interval{5'000};
    constexpr milliseconds phase{1'234};
    const auto first = next_slot(phase, interval, from_unix_ms(1'000'000'000'000));
    CHECK((first.time_since_epoch() - phase) % interval == milliseconds{0});
    CHECK(next_slot(phase, interval, first) == first + interval);
    CHECK(next_slot(phase, interval, first - milliseconds{1}) == first);
    CHECK(next_slot(phase, interval, from_unix_ms(0)) == from_unix_ms(1'234));
    CHECK(slot_number(phase, interval, first + interval) == slot_number(phase, interval, first) + 1);
}

}  // namespace base_test
