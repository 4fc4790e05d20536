#include "controlplane/api/history/backtest.h"

#include <doctest/doctest.h>

#include "lib/base/shard.h"

namespace backtest_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

const TimePoint kFrom = from_unix_ms(1'767'225'600'000);
const TimePoint kTo = kFrom + std::chrono::hours{10};

TimePoint at(int minutes) { return kFrom + std::chrono::minutes{minutes}; }

decision::ReplayedIncident would(int from, std::optional<int> to, decision::Scope scope = decision::Scope::outage) {
    decision::ReplayedIncident replayed;
    replayed.incident.title = "API is down";
    replayed.incident.scope = scope;
    replayed.incident.opened_at = at(from);
    if (to) replayed.incident.resolved_at = at(*to);
    return replayed;
}

RealIncident really(int id, int from, std::optional<int> to) {
    return {"outage", at(from), to ? std::optional(at(*to)) : std::nullopt, {{"id", IncidentId{id}.text()}}};
}

Json body(const char* text) { return *json::parse(text); }

std::string problems_of(const char* text) {
    json::Problems problems;
    read_backtest(body(text), kTo, problems);
    std::string all;
    for (const auto& problem : problems) all += problem.pointer + " " + problem.detail + "\n";
    return all;
}

}  // namespace

TEST_CASE("what opens in both is a pair, and says by how much later or earlier") {
    const auto difference = difference_of({would(12, 25), would(100, {})}, {really(1, 10, 30), really(2, 101, {})}, kFrom, kTo);
    CHECK(difference["pages_saved"] == 0);
    CHECK(difference["pages_added"] == 0);
    REQUIRE(difference["pairs"].size() == 2);
    CHECK(difference["pairs"][0]["opened_later_by_ms"] == 120'000);
    CHECK(difference["pairs"][0]["resolved_later_by_ms"] == -300'000);
    CHECK(difference["pairs"][1]["opened_later_by_ms"] == -60'000);
    CHECK(difference["pairs"][1]["resolved_later_by_ms"].is_null());
    CHECK(difference["sentences"][0].get<std::string>().ends_with("would have opened 2m later."));
    CHECK(difference["sentences"][1].get<std::string>().ends_with("would have opened 1m earlier."));
}

TEST_CASE("what opens in one alone is a page saved or added; what began before the range, and warnings, are no pages") {
    const auto difference =
        difference_of({would(200, 210), would(-20, 5), would(300, 310, decision::Scope::warning)}, {really(1, 10, 30), really(2, -90, -80)}, kFrom, kTo);
    CHECK(difference["pages_saved"] == 1);
    CHECK(difference["pages_added"] == 1);
    CHECK(difference["missed"].size() == 2);
    CHECK(difference["added"] == Json::array({0, 1, 2}));
    CHECK(difference_of({}, {}, kFrom, kTo)["sentences"].size() == 1);
}

TEST_CASE("a backtest is asked for with bounds") {
    CHECK(problems_of(R"({"monitor_id": "mon_0000000000001", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T09:00:00Z"})").empty());
    CHECK(problems_of(R"({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T09:00:00Z"})") == "/monitor_id either this or `site_id` must be there\n");
    CHECK(problems_of(R"({"site_id": "sit_0000000000001", "monitor_id": "mon_0000000000001", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T09:00:00Z"})") ==
          "/monitor_id either this or `site_id` must be there\n");
    CHECK(problems_of(R"({"site_id": "sit_0000000000001", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"})") == "/to must be after `from`\n");
    CHECK(problems_of(R"({"site_id": "sit_0000000000001", "from": "2025-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"})") ==
          "/to must be at most 31 days after `from`\n");
    CHECK(problems_of(R"({"site_id": "sit_0000000000001", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})") == "/to must not be in the future\n");
    CHECK(problems_of(R"({"site_id": "sit_0000000000001", "from": "noon", "to": "2026-01-01T00:00:00Z"})") == "/from must be a date-time as in RFC 3339\n");
    CHECK(problems_of(R"({"site_id": "sit_0000000000001", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T09:00:00Z", "policy": {"recovery_rounds": 99},
                          "confirmation": "guess", "later": 1})")
              .find("/policy/recovery_rounds") != std::string::npos);
}

TEST_CASE("the policy is merged into the monitor's own, and a longer interval keeps every n-th slot") {
    json::Problems problems;
    const auto input = read_backtest(body(R"({"monitor_id": "mon_0000000000001", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T09:00:00Z",
        "policy": {"quorum": {"at_least": 2}}, "interval_ms": 180000, "regions": ["eu"]})"),
                                     kTo, problems);
    decision::Definition definition;
    definition.monitor = MonitorId{1};
    definition.policy.recovery_rounds = 5;
    definition.voters = {{static_cast<decision::RegionId>(1), "eu", "a", 0}, {static_cast<decision::RegionId>(2), "us", "b", 0}};
    decision::arrange_voters(definition);
    alter(definition, input, problems);
    REQUIRE(problems.empty());
    CHECK(definition.policy.quorum.at_least == 2);
    CHECK(definition.policy.recovery_rounds == 5);
    CHECK(definition.domains == 1);
    CHECK(definition.interval == milliseconds{180'000});
    int kept = 0;
    const auto phase = phase_of(MonitorId{1}, milliseconds{60'000});
    for (int n = 0; n < 30; ++n) {
        if (keeps_slot(MonitorId{1}, milliseconds{60'000}, input, Slot{phase + n * milliseconds{60'000}})) ++kept;
    }
    CHECK(kept == 10);
    definition.interval = milliseconds{70'000};
    alter(definition, input, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].pointer == "/interval_ms");
}

}  // namespace backtest_test
