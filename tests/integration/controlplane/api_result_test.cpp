#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_result_test {

using namespace sonde;
using namespace sonde::test;

namespace {

void insert_result(const std::string& monitor, const std::string& region, int seconds_ago, int attempt, int verdict) {
    stand().run(
        R"(insert into result (slot, monitor_id, started_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us,
                                       region_id, attempt, http_status, verdict, failure_class, backfilled, detail)
                   select date_trunc('second', now()) - $3 * interval '1 second', $1, date_trunc('second', now()) - $3 * interval '1 second',
                          1000, 2500, 0, 1, 2, 3503, id, $4, $6, $5, $7, false, $8::jsonb
                   from region where name = $2)",
        {*MonitorId::parse(monitor), region, seconds_ago, attempt, verdict, verdict == 0 ? 200 : 0, verdict == 0 ? 0 : 5,
         verdict == 0 ? db::Param(std::nullopt) : db::Param(R"({"message": "connection refused", "address": "192.0.2.1:443"})")});
}

}  // namespace

TEST_CASE("results are listed newest first, with names for numbers, and walked by cursor") {
    const auto monitor = stand().make_monitor(stand().make_site());
    for (const int ago : {30, 90, 150}) {
        for (const auto* region : {"eu", "us"}) insert_result(monitor, region, ago, 0, 0);
    }
    insert_result(monitor, "ap", 30, 0, 2);
    insert_result(monitor, "ap", 30, 1, 2);
    const auto path = "/v1/monitors/" + monitor + "/results";
    const auto all = stand().viewer().get(path).json()["items"];
    REQUIRE(all.size() == 8);
    CHECK(all[0]["region"] == "ap");
    CHECK(all[0]["attempt"] == 1);
    CHECK(all[0]["verdict"] == "down");
    CHECK(all[0]["class"] == "connect_refused");
    CHECK(all[0]["http_status"].is_null());
    CHECK(all[0]["detail"]["message"] == "connection refused");
    CHECK(all[0]["phases_ms"]["connect"] == 2.5);
    CHECK(all[2]["http_status"] == 200);
    CHECK(all[2]["detail"].empty());

    Json walked = Json::array();
    for (std::string next = path + "?limit=3"; !next.empty();) {
        const auto page = stand().viewer().get(next);
        const auto document = page.json();
        for (const auto& item : document["items"]) walked.push_back(item);
        const auto link = page.header("link");
        next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    CHECK(walked == all);
    CHECK(stand().viewer().get(path + "?region=us").json()["items"].size() == 3);
    CHECK(stand().viewer().get(path + "?verdict=down").json()["items"].size() == 2);
    const std::string middle = all[6]["slot"];
    CHECK(stand().viewer().get(path + "?to=" + middle).json()["items"].size() == 0);
    CHECK(stand().viewer().get(path + "?from=" + middle).json()["items"].size() == 8);
    CHECK(stand()
              .viewer()
              .get(path + "?from=" + all[4]["slot"].get<std::string>() + "&to=" + all[0]["slot"].get<std::string>())
              .json()["items"]
              .size() == 2);
}

TEST_CASE("what a good check saw is told from where it is stored once") {
    const auto monitor = stand().make_monitor(stand().make_site());
    insert_result(monitor, "eu", 30, 0, 0);
    insert_result(monitor, "us", 30, 0, 0);
    insert_result(monitor, "ap", 30, 0, 2);
    stand().run(R"(insert into sight (hash, document, used_on) values ('0123456789abcdef0123456789abcdef', '{"address":"192.0.2.1:443","http":{"version":"2"}}', now()))");
    stand().run("update result set sight_id = (select id from sight) where monitor_id = $1 and region_id = (select id from region where name = 'eu')",
                {*MonitorId::parse(monitor)});
    const auto items = stand().viewer().get("/v1/monitors/" + monitor + "/results").json()["items"];
    CHECK(items[0]["detail"]["message"] == "connection refused");
    CHECK(items[1]["detail"].empty());
    CHECK(items[2]["region"] == "eu");
    CHECK(items[2]["detail"] == Json::parse(R"({"address":"192.0.2.1:443","http":{"version":"2"}})"));
}

TEST_CASE("a monitor shows the vote of each of its regions, fresh or not, or that there is none") {
    const auto monitor = stand().make_monitor(stand().make_site());
    REQUIRE(stand().admin().patch("/v1/monitors/" + monitor, {{"regions", {"eu", "us", "ap"}}}).status == 200);
    insert_result(monitor, "eu", 20, 0, 0);
    insert_result(monitor, "eu", 20, 1, 2);
    insert_result(monitor, "us", 150, 0, 0);  // older than 1.5 intervals of 60 s and the timeout of 10 s
    const auto votes = stand().viewer().get("/v1/monitors/" + monitor).json()["votes"];
    REQUIRE(votes.size() == 3);
    CHECK(votes[0]["region"] == "ap");
    CHECK(votes[0]["verdict"] == "absent");
    CHECK(votes[0]["fresh"] == false);
    CHECK(votes[1]["region"] == "eu");
    CHECK(votes[1]["verdict"] == "down");
    CHECK(votes[1]["attempt"] == 1);
    CHECK(votes[1]["fresh"] == true);
    CHECK(votes[1]["message"] == "connection refused");
    CHECK(votes[2]["verdict"] == "up");
    CHECK(votes[2]["fresh"] == false);
    // Where three regions take turns, a vote of 150 s ago is fresh: the cadence is 180 s.
    REQUIRE(stand().admin().patch("/v1/monitors/" + monitor, {{"placement", "rotate"}}).status == 200);
    CHECK(stand().viewer().get("/v1/monitors/" + monitor).json()["votes"][2]["fresh"] == true);
}

TEST_CASE("decisions are listed newest first, with their votes") {
    const auto monitor = stand().make_monitor(stand().make_site());
    stand().run(R"(insert into decision (monitor_id, at, kind, from_state, to_state, reason, votes)
                   select $1, now() - (10 - n) * interval '1 minute', 'transition', 'up', 'down', 'quorum_down',
                          '{"rule": "majority", "votes": [{"region": "eu", "verdict": "down", "fresh": true}]}'
                   from generate_series(1, 3) n)",
                {*MonitorId::parse(monitor)});
    const auto path = "/v1/monitors/" + monitor + "/decisions";
    const auto page = stand().viewer().get(path + "?limit=2").json();
    REQUIRE(page["items"].size() == 2);
    CHECK(page["items"][0]["at"] > page["items"][1]["at"]);
    CHECK(page["items"][0]["votes"][0]["region"] == "eu");
    CHECK(page["items"][0]["rule"] == "majority");
    CHECK(page["items"][0]["slot"].is_null());
    CHECK(stand().viewer().get(path + "?cursor=" + page["next_cursor"].get<std::string>()).json()["items"].size() == 1);
}

TEST_CASE("the ledger adds up the writers, by minute and region") {
    stand().run(R"(insert into slot_ledger (minute, region, writer, expected, skipped, executed, late)
                   values (date_trunc('minute', now()), 'eu', 'scheduler/1', 10, 1, 0, 0), (date_trunc('minute', now()), 'eu', 'scheduler/2', 5, 0, 0, 0),
                          (date_trunc('minute', now()), 'eu', 'shard/1', 0, 0, 12, 3), (date_trunc('minute', now()) - interval '1 hour', 'us', 'scheduler/1', 4, 0, 0, 0))");
    const auto page = stand().viewer().get("/v1/ledger?limit=1").json();
    REQUIRE(page["items"].size() == 1);
    const auto minute = page["items"][0];
    CHECK(minute["region"] == "eu");
    CHECK(minute["expected"] == 15);
    CHECK(minute["executed"] == 12);
    CHECK(minute["late"] == 3);
    CHECK(minute["skipped"] == 1);
    CHECK(minute["missed"] == 3);
    CHECK(minute["complete"] == false);
    const auto older = stand().viewer().get("/v1/ledger?cursor=" + page["next_cursor"].get<std::string>()).json();
    REQUIRE(older["items"].size() == 1);
    CHECK(older["items"][0]["region"] == "us");
    CHECK(older["items"][0]["complete"] == true);
    CHECK(stand().viewer().get("/v1/ledger?region=ap").json()["items"].empty());
}

TEST_CASE("advisories are found by site and by whether they are open") {
    const auto site = stand().make_site("Shop");
    const auto monitor = stand().make_monitor(site, "home page");
    stand().run(R"(insert into advisory (id, site_id, monitor_id, regions, cause, opened_at, closed_at)
                   values ($3, $1, $2, '{ap}', 'connect_timeout', now() - interval '1 hour', now()), ($4, $1, $2, '{ap,us}', 'dns_timeout', now(), null))",
                {*SiteId::parse(site), *MonitorId::parse(monitor), new_id<AdvisoryId>(), new_id<AdvisoryId>()});
    const auto path = "/v1/advisories?site_id=" + site;
    CHECK(stand().viewer().get(path).json()["items"].size() == 2);
    const auto open = stand().viewer().get(path + "&open=true").json()["items"];
    REQUIRE(open.size() == 1);
    CHECK(open[0]["regions"] == Json{"ap", "us"});
    CHECK(open[0]["monitor_name"] == "home page");
    CHECK(stand().viewer().get(path + "&open=false").json()["items"][0]["cause"] == "connect_timeout");
}

}  // namespace api_result_test
