#include "lib/calendar/zone.h"

#include <doctest/doctest.h>

namespace zone_test {

using namespace sonde;
using namespace sonde::calendar;

namespace {

Local local(int year, unsigned month, unsigned day, int hour, int minute) {
    return std::chrono::local_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} + std::chrono::hours{hour} +
           std::chrono::minutes{minute};
}

std::string text(Instant at) { return to_rfc3339(std::chrono::floor<milliseconds>(at)); }

}  // namespace

TEST_CASE("only names of the IANA database are time zones") {
    for (const auto* name : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT"}) {
        CAPTURE(name);
        const auto zone = Zone::find(name);
        REQUIRE(zone);
        CHECK(zone->name() == name);
    }
    for (const auto* name : {"", "europe/berlin", "Europe/Berln", "Europe", "/etc/passwd", "../zoneinfo/UTC", "localtime", "posixrules", "right/UTC",
                             "Fixed/UTC+01:00:00", "libc:localtime", "file:/etc/localtime", "zone.tab", "Europe/Berlin ", "Europe/"}) {
        CAPTURE(name);
        const auto zone = Zone::find(name);
        REQUIRE(!zone);
        CHECK(zone.error().message == std::string("is not a time zone of the IANA database: ") + name);
    }
}

TEST_CASE("a skipped local time is told with the gap, and read by the offset before it") {
    const auto reading = Zone::find("Europe/Berlin")->read(local(2026, 3, 29, 2, 30));
    CHECK(reading.kind == Reading::Kind::never);
    CHECK(text(reading.first) == "2026-03-29T01:30:00.000Z");
    CHECK(text(reading.change) == "2026-03-29T01:00:00.000Z");
    CHECK(reading.begin == local(2026, 3, 29, 2, 0));
    CHECK(reading.end == local(2026, 3, 29, 3, 0));
}

TEST_CASE("a repeated local time is the first of the two") {
    const auto reading = Zone::find("Australia/Lord_Howe")->read(local(2026, 4, 5, 1, 45));
    CHECK(reading.kind == Reading::Kind::twice);
    CHECK(text(reading.first) == "2026-04-04T14:45:00.000Z");
    CHECK(text(reading.change) == "2026-04-04T15:00:00.000Z");
    CHECK(reading.begin == local(2026, 4, 5, 1, 30));
    CHECK(reading.end == local(2026, 4, 5, 2, 0));
    CHECK(Zone::find("Australia/Lord_Howe")->read(local(2026, 4, 5, 2, 0)).kind == Reading::Kind::once);
}

TEST_CASE("changes of the clocks are found from both sides, for the years after the tables too") {
    const auto zone = Zone::find("Europe/Berlin");
    REQUIRE(zone);
    const auto change = zone->change_after(*from_rfc3339("2150-01-01T00:00:00Z"));
    REQUIRE(change);
    CHECK(text(change->at) == "2150-03-29T01:00:00.000Z");
    CHECK(change->before == seconds{3600});
    CHECK(change->after == seconds{7200});
    CHECK(zone->change_until(change->at)->at == change->at);
    CHECK(text(zone->change_until(change->at - milliseconds{1})->at) == "2149-10-26T01:00:00.000Z");
    CHECK(text(zone->change_after(change->at)->at) == "2150-10-25T01:00:00.000Z");
    CHECK(!Zone::utc().change_after(change->at));
}

TEST_CASE("times are shown with the offset of the zone, to the minute") {
    const auto at = from_unix_ms(1'774'746'000'000);
    CHECK(Zone::utc().text(at) == "2026-03-29T01:00:00+00:00");
    CHECK(Zone::find("Europe/Berlin")->text(at) == "2026-03-29T03:00:00+02:00");
    CHECK(Zone::find("America/St_Johns")->text(at - milliseconds{1}) == "2026-03-28T22:29:59.999-02:30");
    const auto early = *from_rfc3339("1920-01-01T00:00:00Z");
    CHECK(from_rfc3339(Zone::find("Europe/Amsterdam")->text(early)) == early);
    CHECK(from_rfc3339(Zone::find("Africa/Monrovia")->text(early)) == early);
}

}  // namespace zone_test
