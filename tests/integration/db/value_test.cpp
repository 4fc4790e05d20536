#include <doctest/doctest.h>

#include <cmath>

#include "tests/integration/db/fixture.h"

namespace value_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::failure_of;
using sonde::test::TestPool;

namespace {

constexpr Statement kEchoText{"echo_text", "select $1::text"};
constexpr Statement kEchoTexts{"echo_texts", "select $1::text[]"};
constexpr Statement kEchoBytes{"echo_bytes", "select $1::bytea"};
constexpr Statement kEchoTime{"echo_time", "select $1::timestamptz"};

const std::vector<std::string> kNastyTexts{"", " ", "plain", "with \"quotes\" and 'single'", "back\\slash \\\" \\n", "{braces},commas",
                                           "NULL", "null", "line\nbreak\ttab\x7f", "héllo ✓ 🦊", "'; drop table site; --", "$1 %s ${x}"};

}  // namespace

TEST_CASE("text of every kind comes back as it was sent") {
    TestPool db;
    auto tx = db.pool.begin();
    for (const auto& text : kNastyTexts) CHECK(tx.run(kEchoText, {text})[0].text(0) == text);
    CHECK(tx.run(kEchoText, {std::nullopt})[0].is_null(0));
    CHECK(tx.run(kEchoText, {std::optional<std::string>{}})[0].is_null(0));
    CHECK(tx.run(kEchoText, {std::optional<std::string>{"here"}})[0].text(0) == "here");
}

TEST_CASE("arrays of text come back as they were sent, also empty ones and ones with nulls") {
    TestPool db;
    auto tx = db.pool.begin();
    CHECK(tx.run(kEchoTexts, {kNastyTexts})[0].texts(0) == kNastyTexts);
    CHECK(tx.run(kEchoTexts, {std::vector<std::string>{}})[0].texts(0).empty());

    std::vector<std::optional<std::string>> gaps{"a", std::nullopt, "NULL"};
    const auto rows = tx.run_text("select item, item is null from unnest($1::text[]) with ordinality as u(item, ord) order by ord", {gaps});
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].text(0) == "a");
    CHECK(rows[1].is_null(0));
    CHECK(rows[2].text(0) == "NULL");
    CHECK(failure_of([&] { std::ignore = tx.run(kEchoTexts, {gaps})[0].texts(0); }) == Failure::broken);
}

TEST_CASE("arrays of numbers, truth values and instants are unnested side by side") {
    TestPool db;
    auto tx = db.pool.begin();
    const auto at = from_unix_ms(1'700'000'000'123);
    const auto rows = tx.run_text(
        "select * from unnest($1::bigint[], $2::integer[], $3::boolean[], $4::timestamptz[]) as u(a, b, c, d) order by a",
        {std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX}, std::vector<int>{-1, 0, 1}, std::vector<bool>{true, false, true},
         std::vector<TimePoint>{at, at + seconds{1}, at + seconds{2}}});
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].whole(0) == INT64_MIN);
    CHECK(rows[2].whole(0) == INT64_MAX);
    CHECK(rows[0].small(1) == -1);
    CHECK(rows[0].boolean(2));
    CHECK_FALSE(rows[1].boolean(2));
    CHECK(rows[2].time(3) == at + seconds{2});
    CHECK(tx.run_text("select array[3,1,2]::smallint[]")[0].wholes(0) == std::vector<std::int64_t>{3, 1, 2});
}

TEST_CASE("bytes come back as they were sent, zero bytes included") {
    TestPool db;
    auto tx = db.pool.begin();
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    CHECK(tx.run(kEchoBytes, {Param::bytes(all)})[0].bytes(0) == all);
    CHECK(tx.run(kEchoBytes, {Param::bytes("")})[0].bytes(0).empty());
}

TEST_CASE("instants come back to the millisecond, whatever the server's zone and style are") {
    auto options = test::pool_options(test::shared_postgres());
    options.dsn = Secret{options.dsn.reveal() + "&options=-c%20timezone%3DAsia/Kolkata%20-c%20datestyle%3DGerman"};
    TestPool db(options);
    auto tx = db.pool.begin();
    for (const std::int64_t ms : {0LL, -1LL, 1LL, 951782400000LL, 1767225599999LL, 253402300799999LL, -62135596800000LL}) {
        CHECK(tx.run(kEchoTime, {from_unix_ms(ms)})[0].time(0) == from_unix_ms(ms));
    }
    CHECK(tx.run_text("select timestamptz '2026-03-01 12:00:00.123999+05:30'")[0].time(0) == *from_rfc3339("2026-03-01T06:30:00.123Z"));
    CHECK(failure_of([&] { std::ignore = tx.run_text("select timestamptz 'infinity'")[0].time(0); }) == Failure::broken);
}

TEST_CASE("numbers keep their value, and one that does not fit is an error") {
    TestPool db;
    auto tx = db.pool.begin();
    for (const double number : {0.0, -1.5, 0.1, 1e300, 5e-324}) CHECK(tx.run_text("select $1::float8", {number})[0].real(0) == number);
    CHECK(std::isinf(tx.run_text("select 'infinity'::float8")[0].real(0)));
    CHECK(std::isnan(tx.run_text("select $1::float8", {std::nan("")})[0].real(0)));
    CHECK(failure_of([&] { std::ignore = tx.run_text("select 3000000000")[0].small(0); }) == Failure::broken);
    CHECK(failure_of([&] { std::ignore = tx.run_text("select 'x'")[0].whole(0); }) == Failure::broken);
    CHECK(failure_of([&] { std::ignore = tx.run_text("select null::int")[0].whole(0); }) == Failure::broken);
    CHECK(failure_of([&] { std::ignore = tx.run_text("select 1")[0].whole(7); }) == Failure::broken);
    CHECK(tx.run_text("select null::int")[0].maybe(0, &Row::whole) == std::nullopt);
    CHECK(tx.run_text("select 8")[0].maybe(0, &Row::whole) == 8);
    CHECK(tx.run_text("select 7::bigint")[0].id<SiteId>(0) == SiteId{7});
}

TEST_CASE("text with a zero byte is refused instead of being cut there") {
    CHECK(failure_of([] { Param(std::string_view("a\0b", 3)); }) == Failure::broken);
    CHECK(failure_of([] { Param(std::vector<std::string>{std::string("a\0b", 3)}); }) == Failure::broken);
}

}  // namespace value_test
