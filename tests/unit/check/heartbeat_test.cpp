#include <doctest/doctest.h>

#include "lib/check/judge.h"

namespace heartbeat_test {

using namespace sonde;
using namespace sonde::check;

namespace {

std::string refused(std::string_view text) {
    const auto spec = read_spec(Kind::heartbeat, *json::parse(text), "/spec");
    if (spec) return "";
    std::string all;
    for (const auto& problem : spec.error()) all += (all.empty() ? "" : "; ") + problem.pointer + " " + problem.detail;
    return all;
}

HeartbeatSpec spec_of(std::string_view text) {
    const auto spec = read_spec(Kind::heartbeat, *json::parse(text), "");
    REQUIRE(spec.ok());
    return std::get<HeartbeatSpec>(*spec);
}

TimePoint at(std::string_view text) { return *from_rfc3339(text); }

Judgement judged(HeartbeatFacts facts) {
    Observation seen;
    seen.seen = std::move(facts);
    return judge(Spec{HeartbeatSpec{}}, seen, TimePoint{});
}

HeartbeatFacts pinged(PingKind kind, std::optional<int> exit_code = {}) {
    HeartbeatFacts facts;
    facts.ping = kind;
    facts.exit_code = exit_code;
    return facts;
}

}  // namespace

TEST_CASE("a heartbeat's spec is by period or by schedule, and never both") {
    CHECK(refused(R"({"period_ms":60000})").empty());
    CHECK(refused(R"({"schedule":"*/5 * * * *","time_zone":"Europe/Berlin"})").empty());
    CHECK(refused("{}") == "/spec the field \"period_ms\" is required");
    CHECK(refused(R"({"period_ms":60000,"schedule":"@daily"})") == "/spec/period_ms cannot be beside a schedule");
    CHECK(refused(R"({"period_ms":60000,"time_zone":"UTC"})") == "/spec/time_zone goes with a schedule only");
    CHECK(refused(R"({"schedule":"FREQ=DAILY"})") == "/spec/schedule must be a cron expression or a calendar event of systemd");
    CHECK(refused(R"({"schedule":"0 0 30 2 *"})") == "/spec/schedule never happens");
    CHECK(refused(R"({"schedule":"61 * * * *"})").starts_with("/spec/schedule column "));
    CHECK(refused(R"({"schedule":"@daily","time_zone":"Europe/Berln"})").starts_with("/spec/time_zone is not a time zone"));
    CHECK(refused(R"({"schedule":"daily Europe/Berlin","time_zone":"UTC"})") == "/spec/time_zone is named by the schedule already");
    CHECK(refused(R"({"period_ms":999})").starts_with("/spec/period_ms "));
    CHECK(refused(R"({"period_ms":60000,"url":"http://a/"})").starts_with("/spec/url "));
}

TEST_CASE("the canonical form of a heartbeat's spec reads back the same") {
    for (const auto* text : {R"({"period_ms":60000})", R"({"schedule":"30 2 * * *","time_zone":"Europe/Berlin","grace_ms":1000,"max_run_ms":5000})",
                             R"({"schedule":"Mon..Fri 09:00 America/New_York"})", R"({"schedule":"  daily Europe/Berlin "})", R"({"schedule":"  @1800000000  "})"}) {
        const auto canonical = write_spec(Spec{spec_of(text)});
        const auto again = read_spec(Kind::heartbeat, canonical, "");
        REQUIRE(again.ok());
        CHECK(write_spec(*again) == canonical);
    }
    CHECK(write_spec(Spec{spec_of(R"({"period_ms":60000})")}) == *json::parse(R"({"period_ms":60000,"grace_ms":300000})"));
}

TEST_CASE("a schedule follows the clocks of its zone through their changes") {
    const auto nightly = spec_of(R"({"schedule":"30 2 * * *","time_zone":"Europe/Berlin"})");
    CHECK(nightly.expected_after(at("2026-03-28T01:30:00Z")) == at("2026-03-29T01:00:00Z"));  // 02:30 is skipped: the first instant after the gap
    CHECK(nightly.expected_after(at("2026-03-29T01:00:00Z")) == at("2026-03-30T00:30:00Z"));
    CHECK(nightly.expected_after(at("2026-10-24T12:00:00Z")) == at("2026-10-25T00:30:00Z"));  // the first of two 02:30
    CHECK(nightly.expected_after(at("2026-10-25T00:30:00Z")) == at("2026-10-26T01:30:00Z"));
    const auto named = spec_of(R"({"schedule":"*-*-* 09:00 Asia/Kolkata"})");
    CHECK(named.expected_after(at("2026-01-01T00:00:00Z")) == at("2026-01-01T03:30:00Z"));
}

TEST_CASE("a success is up, a failure down with what the job said last; a start and a log entry are neither") {
    CHECK(judged(pinged(PingKind::success)).verdict == Verdict::up);
    auto facts = pinged(PingKind::fail);
    facts.body = "copying\nno space left on device\n\n";
    const auto failed = judged(facts);
    CHECK(failed.verdict == Verdict::down);
    CHECK(failed.cause == FailureClass::heartbeat_failed);
    CHECK(failed.message == "the job reported a failure: no space left on device");
    CHECK(judged(pinged(PingKind::fail, 3)).message == "the job ended with exit code 3");
    CHECK(judged(pinged(PingKind::fail, 3)).assertions.at(0).found == "3");
    for (const auto kind : {PingKind::start, PingKind::log}) {
        CHECK(judged(pinged(kind)).verdict == Verdict::unknown);
        CHECK(judged(pinged(kind)).cause == FailureClass::none);
    }
}

TEST_CASE("what decides of a ping is read back from what is written of it") {
    HeartbeatFacts facts{.ping = PingKind::fail, .exit_code = 7, .run = "a-1", .peer = "192.0.2.1", .said = {}, .body = std::string("x\0\xff", 3), .body_bytes = 3};
    Json detail = Json::object();
    detail[HeartbeatFacts::name] = write(facts, true);
    const auto mark = read_ping_mark(*json::parse(json::dump(detail)));
    REQUIRE(mark);
    CHECK(mark->ping == PingKind::fail);
    CHECK(mark->run == "a-1");
    CHECK(detail["heartbeat"]["body"] == "x \xEF\xBF\xBD");
    CHECK_FALSE(read_ping_mark(*json::parse(R"({"heartbeat":{"ping":"well"}})")));
    CHECK_FALSE(read_ping_mark(*json::parse(R"({"http":{}})")));
    CHECK_FALSE(read_ping_mark(*json::parse("[]")));
}

}  // namespace heartbeat_test
