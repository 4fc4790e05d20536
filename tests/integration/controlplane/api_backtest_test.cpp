// Backtests, and why nobody was paged: over results as the engine stores them.
#include <doctest/doctest.h>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_backtest_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// A monitor with an hour of rounds a minute apart, of which regions fail by bits: 1 eu, 2 us, 4 ap.
struct Past {
    std::string site = stand().make_site("Shop");
    std::string monitor = stand().make_monitor(site, "home page");
    MonitorId id = *MonitorId::parse(monitor);
    TimePoint start = from_unix_ms(to_unix_ms(wall_now()) / 60'000 * 60'000) - std::chrono::minutes{90};

    void rounds(int from, int to, int failing) {
        for (int n = from; n < to; ++n) {
            stand().run(R"(insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us,
                                               region_id, attempt, http_status, verdict, failure_class, backfilled, detail)
                           select $2::timestamptz, $1, $2::timestamptz + n * interval '20 ms', $2::timestamptz + n * interval '20 ms' + interval '100 ms',
                                  0, 0, 0, 0, 0, 1000, id, 0, 0, case when $3 & (1 << (n - 1)::int) > 0 then 2 else 0 end,
                                  case when $3 & (1 << (n - 1)::int) > 0 then 8 else 0 end, false, case when $3 & (1 << (n - 1)::int) > 0 then '{"message": "reset"}'::jsonb end
                           from (select id, row_number() over (order by id) n from region where name in ('eu', 'us', 'ap')) r)",
                        {id, start + std::chrono::minutes{n}, failing});
        }
    }
    [[nodiscard]] std::string at(int minute) const { return to_rfc3339(start + std::chrono::minutes{minute}); }
    [[nodiscard]] Json ask(Json more) const {
        Json body{{"monitor_id", monitor}, {"from", at(20)}, {"to", at(60)}};
        body.update(more);
        const auto answer = stand().viewer().post("/v1/policies/backtest", body);
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        return answer.json();
    }
};

}  // namespace

TEST_CASE("a backtest tells what another policy would have opened, beside what really happened") {
    Past past;
    past.rounds(0, 30, 0);
    past.rounds(30, 33, 1);  // eu alone
    past.rounds(33, 40, 0);
    past.rounds(40, 45, 7);  // everybody
    past.rounds(45, 65, 0);
    const auto incident = new_id<IncidentId>();
    const auto site = *SiteId::parse(past.site);
    const auto opened = past.start + std::chrono::minutes{40} + seconds{1};
    stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at, resolved_at, resolved_by)
                   values ($1, $2, $3, 'outage', 'resolved', 'critical', 'Shop is down', $4, $4, $5, 'engine'))",
                {incident, site, shard_of(site), opened, opened + std::chrono::minutes{6}});
    stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, left_at, cause) values ($1, $2, $3, $4, 'reset')",
                {incident, past.id, opened, opened + std::chrono::minutes{6}});

    auto same = past.ask(Json::object());
    CHECK(same["results"] == 3 * 52);  // 10 minutes of warming up, 40 of range, the next round
    REQUIRE(same["would"]["incidents"].size() == 1);
    CHECK(same["would"]["incidents"][0]["votes"].size() == 3);
    CHECK(same["would"]["incidents"][0]["monitors"][0]["name"] == "home page");
    CHECK(same["difference"]["pages_saved"] == 0);
    CHECK(same["difference"]["pages_added"] == 0);
    REQUIRE(same["difference"]["pairs"].size() == 1);
    CHECK(same["difference"]["pairs"][0]["incident_id"] == incident.text());
    CHECK(same["confirmation"] == "assumed from the next round");
    CHECK(same["answers_assumed"] > 0);
    REQUIRE(!same["would"]["not_paged"].empty());
    CHECK(same["would"]["not_paged"][0]["reason"] == "below_quorum");

    const auto any = past.ask({{"policy", {{"quorum", "any"}}}});
    CHECK(any["would"]["incidents"].size() == 2);
    CHECK(any["difference"]["pages_added"] == 1);
    CHECK(any["monitors"][0]["policy"]["quorum"] == "any");
    CHECK(any["monitors"][0]["policy"]["recovery_rounds"] == 2);

    const auto strict = past.ask({{"confirmation", "strict"}});
    CHECK(strict["confirmation"] == "only what was checked");
    CHECK(strict["answers_assumed"] == 0);
    CHECK(strict["answers_missing"] > 0);

    const auto alone = past.ask({{"regions", {"us"}}, {"policy", {{"confirmation", {{"enabled", false}}}}}});
    CHECK(alone["monitors"][0]["regions"] == Json::array({"us"}));
    CHECK(alone["would"]["incidents"].size() == 1);
    const auto seldom = past.ask({{"interval_ms", 600'000}, {"policy", {{"confirmation", {{"enabled", false}}}, {"recovery_rounds", 1}}}});
    CHECK(seldom["monitors"][0]["interval_ms"] == 600'000);
    CHECK(past.ask({{"policy", {{"quorum", "any"}}}}) == any);  // the same again

    const auto whole = stand().viewer().post("/v1/policies/backtest", {{"site_id", past.site}, {"from", past.at(20)}, {"to", past.at(60)}});
    CHECK(whole.json()["would"]["incidents"].size() == 1);
}

TEST_CASE("a backtest refuses what it cannot do, and says where") {
    const Past past;
    const auto errors = [&](Json more) {
        Json body{{"monitor_id", past.monitor}, {"from", past.at(20)}, {"to", past.at(60)}};
        body.update(more);
        return stand().viewer().post("/v1/policies/backtest", body).errors();
    };
    CHECK(errors({{"interval_ms", 90'000}}).starts_with("/interval_ms: must be a multiple of the interval of \"home page\", which is 60000"));
    CHECK(errors({{"regions", {"nowhere"}}}).starts_with("/regions/0: there is no region \"nowhere\""));
    CHECK(errors({{"policy", {{"quorum", "most"}}}}).find("/policy/quorum") != std::string::npos);
    CHECK(errors({{"from", past.at(70)}}) == "/to: must be after `from`\n");
    CHECK(errors({{"monitor_id", MonitorId{1}.text()}}) == "/monitor_id: there is no such monitor\n");
    const auto empty = stand().make_site("empty");
    CHECK(stand().viewer().post("/v1/policies/backtest", {{"site_id", empty}, {"from", past.at(20)}, {"to", past.at(60)}}).errors() == "/site_id: has no monitors\n");
}

TEST_CASE("a job that fell silent would have been found late, and the later the more grace it had") {
    const auto site = stand().make_site("Jobs");
    const auto made = stand().admin().post("/v1/monitors", {{"site_id", site}, {"kind", "heartbeat"}, {"name", "sync"}, {"spec", {{"period_ms", 60'000}, {"grace_ms", 60'000}}}});
    REQUIRE_MESSAGE(made.status == 201, made.body);
    const std::string monitor = made.json()["id"];
    const auto start = wall_now() - std::chrono::minutes{60};
    for (int minute = 0; minute < 40; ++minute) {
        if (minute >= 20 && minute < 30) continue;
        stand().run(R"(insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt,
                                           http_status, verdict, failure_class, backfilled, detail)
                       values ($2, $1, $2, $2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, false, '{"heartbeat": {"ping": "success"}}'))",
                    {*MonitorId::parse(monitor), start + std::chrono::minutes{minute}});
    }
    const auto at = [&](int minute) { return to_rfc3339(start + std::chrono::minutes{minute} + seconds{5}); };
    const auto answer = stand().viewer().post("/v1/policies/backtest", {{"monitor_id", monitor}, {"from", at(15)}, {"to", at(38)}});
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    const auto would = answer.json()["would"]["incidents"];
    REQUIRE(would.size() == 1);
    CHECK(would[0]["reason"] == "heartbeat_late");
    CHECK(would[0]["opened_at"].get<std::string>().substr(0, 16) == to_rfc3339(start + std::chrono::minutes{21}).substr(0, 16));
    CHECK(!would[0]["resolved_at"].is_null());
    CHECK(answer.json()["difference"]["pages_added"] == 1);
    const auto explained = stand().viewer().get("/v1/monitors/" + monitor + "/explain?at=" + at(25)).json();
    CHECK(explained["replayed_state"] == "down");
    CHECK(stand().viewer().post("/v1/policies/backtest", {{"monitor_id", monitor}, {"from", at(15)}, {"to", at(38)}, {"interval_ms", 120'000}}).errors().find("it is heard of") != std::string::npos);
}

TEST_CASE("why nobody was paged at an instant: votes then, the rule, and what would have been needed") {
    Past past;
    past.rounds(0, 30, 0);
    past.rounds(30, 33, 1);
    past.rounds(33, 40, 0);
    stand().run(R"(insert into decision (monitor_id, at, slot, kind, from_state, to_state, reason, votes)
                   values ($1, $2, $2, 'transition', 'pending', 'up', 'first_quorum', '{"votes": [], "rule": "majority"}'),
                          ($1, $3, $3, 'refuted', 'up', 'up', 'confirmation_refuted',
                           '{"votes": [{"region": "eu", "verdict": "down", "class": "reset", "fresh": true}], "rule": "majority"}'))",
                {past.id, past.start, past.start + std::chrono::minutes{30} + seconds{3}});
    const auto answer = stand().viewer().get("/v1/monitors/" + past.monitor + "/explain?at=" + past.at(31));
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    const auto explained = answer.json();
    CHECK(explained["recorded"]["to"] == "up");
    CHECK(explained["replayed_state"] == "up");
    CHECK(explained["tally"]["down"] == 1);
    CHECK(explained["tally"]["needed"] == 2);
    CHECK(explained["needed"].get<std::string>().ends_with("The rule takes 2 down: 1 more would have had to see it."));
    CHECK(explained["incidents"].empty());
    CHECK(explained["decisions"].size() == 2);
    CHECK(explained["results"].size() > 20);
    std::string text;
    for (const auto& sentence : explained["summary"]) text += sentence.get<std::string>() + "\n";
    for (const auto* part : {"It was up since ", "eu: down (reset), us: up, ap: up", "took part in no open incident", "those who were asked do not see it"}) {
        CHECK_MESSAGE(text.find(part) != std::string::npos, part << "\n" << text);
    }
    CHECK(stand().viewer().get("/v1/monitors/" + past.monitor + "/explain").json()["replayed_state"] == "pending");
    CHECK(stand().viewer().get("/v1/monitors/" + past.monitor + "/explain?at=2100-01-01T00:00:00Z").status == 422);
    CHECK(stand().viewer().get("/v1/monitors/" + MonitorId{1}.text() + "/explain").status == 404);
}

TEST_CASE("decisions are found by kind, reason and time, each with its sentence, and paged by their time") {
    const Past past;
    for (int n = 0; n < 6; ++n) {
        stand().run(R"(insert into decision (monitor_id, at, slot, kind, from_state, to_state, reason, votes)
                       values ($1, $2, $2, $3, 'up', 'up', $4, '{"votes": [{"region": "eu", "verdict": "down", "class": "reset", "fresh": true}],
                               "rule": "majority", "asked": [{"region": "us", "slot": "2026-01-01T00:00:00.000Z", "attempt": 1, "not_before": "2026-01-01T00:00:00.000Z"}]}'))",
                    {past.id, past.start + std::chrono::minutes{n / 2}, n % 2 == 0 ? "confirming" : "refuted", n % 2 == 0 ? "below_quorum" : "confirmation_refuted"});
    }
    const auto path = "/v1/monitors/" + past.monitor + "/decisions";
    CHECK(stand().viewer().get(path + "?kind=refuted").json()["items"].size() == 3);
    CHECK(stand().viewer().get(path + "?reason=below_quorum&from=" + past.at(1)).json()["items"].size() == 2);
    CHECK(stand().viewer().get(path + "?reason=because").status == 422);
    const auto first = stand().viewer().get(path + "?kind=confirming&limit=1").json()["items"][0];
    CHECK(first["sentence"].get<std::string>().ends_with("Asked: us (attempt 1)."));
    CHECK(first["asked"][0]["region"] == "us");
    std::vector<std::string> seen;
    auto page = stand().viewer().get(path + "?limit=4").json();
    for (const auto& item : page["items"]) seen.push_back(item["at"].get<std::string>() + item["kind"].get<std::string>());
    page = stand().viewer().get(path + "?limit=4&cursor=" + page["next_cursor"].get<std::string>()).json();
    for (const auto& item : page["items"]) seen.push_back(item["at"].get<std::string>() + item["kind"].get<std::string>());
    CHECK(seen.size() == 6);
    CHECK(std::is_sorted(seen.rbegin(), seen.rend()));
    CHECK(page["next_cursor"].is_null());
}

}  // namespace api_backtest_test
