#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/controlplane/fake_engine.h"

namespace api_incident_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const std::string kVotes =
    R"([{"region": "eu", "verdict": "down", "class": "connect_refused", "fresh": true, "at": "2026-01-01T00:00:00.000Z"},
                               {"region": "us", "verdict": "down", "class": "connect_refused", "fresh": true},
                               {"region": "ap", "verdict": "up", "class": "none", "fresh": true}])";

// What the engine and the notifier leave behind for one outage.
struct Outage {
    std::string site = stand().make_site("Shop");
    std::string monitor = stand().make_monitor(site, "home page");
    IncidentId id = new_id<IncidentId>();

    Outage() {
        const auto site_id = *SiteId::parse(site);
        const auto monitor_id = *MonitorId::parse(monitor);
        stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at)
                       values ($1, $2, $3, 'outage', 'open', 'critical', 'Shop is down', now() - interval '1 second', now()))",
                    {id, site_id, shard_of(site_id)});
        stand().run(
            "insert into incident_monitor (incident_id, monitor_id, joined_at, cause) values ($1, $2, now(), 'connect_refused')",
            {id, monitor_id});
        stand().run(R"(insert into incident_event (incident_id, seq, at, kind, actor, monitor_id, reason, data)
                       values ($1, 1, now(), 'opened', 'engine', $2, 'quorum_down', jsonb_build_object('votes', $3::jsonb, 'rule', 'majority of 3')))",
                    {id, monitor_id, kVotes});
        stand().run(R"(insert into decision (monitor_id, at, slot, kind, from_state, to_state, reason, incident_id, votes)
                       values ($1, now() - interval '0.5 second', now(), 'confirming', 'up', 'up', 'below_quorum', null, $3::jsonb),
                              ($1, now(), now(), 'transition', 'up', 'down', 'quorum_down', $2,
                               jsonb_build_object('votes', $3::jsonb, 'rule', 'majority of 3')))",
                    {monitor_id, id, kVotes});
    }

    [[nodiscard]] std::string path() const { return "/v1/incidents/" + id.text(); }

    void deliver(const std::string& state, const std::string& reason, int attempts, EventId event = new_id<EventId>()) const {
        const std::string channel =
            stand()
                .admin()
                .post("/v1/channels", {{"kind", "webhook"}, {"name", "to " + state}, {"config", {{"url", "https://h.example/"}}}})
                .json()["id"];
        const auto delivery = new_id<DeliveryId>();
        stand().run(
            R"(insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, reason, attempts, next_at, done_at)
                       values ($1, $2, $3, 'incident.opened', $4, 1, $5, $6, $7, now(), case when $5 = 'planned' then null else now() end))",
            {delivery, event, *ChannelId::parse(channel), id, state, reason, attempts});
        for (int number = 1; number <= attempts; ++number) {
            stand().run(
                R"(insert into delivery_attempt (delivery_id, number, started_at, finished_at, http_status, error, response)
                           values ($1, $2, now(), now(), 500, null, 'no'))",
                {delivery, number});
        }
    }
};

}  // namespace

TEST_CASE("an incident is shown with its monitors and found by state, site, scope and time") {
    const Outage outage;
    const auto shown = stand().viewer().get(outage.path());
    REQUIRE(shown.status == 200);
    CHECK(shown.json()["site_name"] == "Shop");
    CHECK(shown.json()["monitors"][0]["name"] == "home page");
    CHECK(shown.json()["monitors"][0]["cause"] == "connect_refused");
    CHECK(stand().viewer().get(outage.path(), {"If-None-Match: " + shown.header("etag")}).status == 304);
    const auto count = [&](const std::string& filter) {
        return stand().viewer().get("/v1/incidents?site_id=" + outage.site + filter).json()["items"].size();
    };
    CHECK(count("") == 1);
    CHECK(count("&state=open&scope=outage&from=2020-01-01T00:00:00Z") == 1);
    CHECK(count("&state=resolved") == 0);
    CHECK(count("&scope=warning") == 0);
    CHECK(count("&to=2020-01-01T00:00:00Z") == 0);
    CHECK(stand().viewer().get("/v1/incidents/" + IncidentId{1}.text()).status == 404);
    for (const auto* part : {"/timeline", "/explain", "/deliveries", "/notifications"}) {
        CHECK(stand().viewer().get("/v1/incidents/" + IncidentId{1}.text() + part).status == 404);
    }
}

TEST_CASE("explain tells who voted what, under which rule, and what became of every notification") {
    const Outage outage;
    outage.deliver("sent", "", 1);
    outage.deliver("superseded", "resolved before it was sent", 0);
    outage.deliver("not_sent", "the channel is disabled", 0);
    outage.deliver("dead", "the receiver answered 500", 3);
    outage.deliver("planned", "", 0);
    const auto answer = stand().viewer().get(outage.path() + "/explain");
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    const auto explained = answer.json();
    CHECK(explained["rule"] == "majority of 3");
    CHECK(explained["opened"]["reason"] == "quorum_down");
    CHECK(explained["opened"]["votes"].size() == 3);
    REQUIRE(explained["decisions"].size() == 2);
    CHECK(explained["decisions"][0]["reason"] == "below_quorum");
    CHECK(explained["decisions"][0]["votes"].size() == 3);
    CHECK(explained["decisions"][1]["rule"] == "majority of 3");
    CHECK(explained["deliveries"].size() == 5);
    CHECK(explained["truncated"] == false);
    CHECK(explained["evidence"] == outage.path() + "/evidence");
    std::string text;
    for (const auto& sentence : explained["summary"]) text += sentence.get<std::string>() + "\n";
    for (const auto* part :
         {"\"home page\" (connect_refused)", "The rule: majority of 3.",
          "eu: down (connect_refused), us: down (connect_refused), ap: up", "It is not resolved.",
          "to channel \"to sent\": sent at ", "after 1 attempt.",
          "to channel \"to superseded\": dropped after 0 attempts, for something newer happened: resolved before it was sent.",
          "to channel \"to not_sent\": not sent: the channel is disabled.",
          "to channel \"to dead\": given up after 3 attempts: the receiver answered 500.",
          "to channel \"to planned\": due at "}) {
        CHECK_MESSAGE(text.find(part) != std::string::npos, part << "\n" << text);
    }
}

TEST_CASE("explain says that nobody was told, and falls back on the present rule") {
    const Outage outage;
    stand().run("update incident_event set data = '{}' where incident_id = $1", {outage.id});
    stand().run("update decision set votes = '[]' where monitor_id = $1", {*MonitorId::parse(outage.monitor)});
    const auto explained = stand().viewer().get(outage.path() + "/explain").json();
    CHECK(explained["rule"].get<std::string>().find("majority") != std::string::npos);
    CHECK(explained["summary"].back() == "Nobody has been told: no delivery has been planned.");
}

TEST_CASE("the timeline and the deliveries of an incident are paged") {
    const Outage outage;
    outage.deliver("sent", "", 2);
    outage.deliver("sent", "", 0);
    for (int seq = 2; seq <= 5; ++seq) {
        stand().run(
            R"(insert into incident_event (incident_id, seq, at, kind, actor, reason) values ($1, $2, now(), 'commented', 'token:x', 'said'))",
            {outage.id, seq});
    }
    auto page = stand().viewer().get(outage.path() + "/timeline?limit=2").json();
    CHECK(page["items"][0]["data"]["rule"] == "majority of 3");
    page = stand().viewer().get(outage.path() + "/timeline?limit=2&cursor=" + page["next_cursor"].get<std::string>()).json();
    CHECK(page["items"][0]["seq"] == 3);
    const auto deliveries = stand().viewer().get(outage.path() + "/deliveries?limit=1").json();
    CHECK(deliveries["items"][0]["attempts"].empty());
    const auto rest =
        stand().viewer().get(outage.path() + "/deliveries?limit=1&cursor=" + deliveries["next_cursor"].get<std::string>()).json();
    CHECK(rest["items"][0]["attempts"].size() == 2);
    CHECK(rest["items"][0]["attempts"][1]["http_status"] == 500);
    CHECK(rest["next_cursor"].is_null());
    const std::string channel = rest["items"][0]["channel_id"];
    CHECK(stand().viewer().get("/v1/channels/" + channel + "/deliveries").json()["items"].size() == 1);
}

TEST_CASE("of each event it is told who was told, who was not, and why") {
    const Outage outage;
    const auto happened = [&](int seq, const char* kind) {
        const auto event = new_id<EventId>();
        stand().run("insert into outbox (id, at, kind, incident_id, seq, payload) values ($1, now(), $2, $3, $4, '{}')", {event, kind, outage.id, seq});
        stand().run("insert into event_planned (event_id) values ($1)", {event});
        return event;
    };
    outage.deliver("sent", "", 2, happened(11, "incident.updated"));
    outage.deliver("not_sent", "muted", 0, happened(12, "incident.commented"));
    outage.deliver("not_sent", "only_newer_ones_know", 0, happened(13, "incident.resolved"));
    const auto path = outage.path() + "/notifications";
    const auto all = stand().viewer().get(path).json()["items"];
    REQUIRE(all.size() == 3);
    CHECK(all[0]["seq"] < all[1]["seq"]);
    CHECK(all[0]["planned_at"].is_string());
    REQUIRE(all[0]["deliveries"].size() == 1);
    CHECK(all[0]["deliveries"][0]["why"] == "it asks for such events itself");
    CHECK(all[0]["deliveries"][0]["attempts"].size() == 2);
    CHECK(all[1]["deliveries"][0]["why"] == "the site's override mutes it");
    CHECK(all[2]["deliveries"][0]["why"] == "only_newer_ones_know");
    const auto first = stand().viewer().get(path + "?limit=2").json();
    CHECK(first["items"].size() == 2);
    const auto rest = stand().viewer().get(path + "?limit=2&cursor=" + first["next_cursor"].get<std::string>()).json();
    CHECK(rest["items"] == Json::array({all[2]}));

    // An event of which very many are told is a page by itself.
    const auto many = happened(14, "incident.updated");
    const auto last = happened(15, "incident.updated");
    stand().run("insert into channel (id, kind, name, config, secrets, secret_names) select 4000000 + n, 'webhook', 'many', '{}', '', '{}' from generate_series(1, 1001) n");
    for (const auto event : {many, last}) {
        stand().run(R"(insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, next_at)
                       select $3::bigint + n, $1::bigint, 4000000 + n, 'incident.updated', $2::bigint, 14, 'sent', now() from generate_series(1, 1001) n)",
                    {event, outage.id, event == many ? std::int64_t{50'000'000} : std::int64_t{60'000'000}});
    }
    const auto before = stand().viewer().get(path).json();
    CHECK(before["items"].size() == 3);
    const auto at_many = stand().viewer().get(path + "?cursor=" + before["next_cursor"].get<std::string>()).json();
    REQUIRE(at_many["items"].size() == 1);
    CHECK(at_many["items"][0]["event_id"] == many.text());
    CHECK(at_many["items"][0]["deliveries"].size() == 1001);
    const auto at_last = stand().viewer().get(path + "?cursor=" + at_many["next_cursor"].get<std::string>()).json();
    CHECK(at_last["items"].size() == 1);
    CHECK(at_last["next_cursor"].is_null());
    stand().run("delete from delivery where channel_id > 4000000 and channel_id <= 4001001");
    stand().run("update channel set deleted_at = now(), enabled = false where id > 4000000 and id <= 4001001");
}

TEST_CASE("an action is written down with its actor, and answers with the incident once the engine has done it") {
    const Outage outage;
    const FakeEngine engine("done");
    const auto answer =
        stand().operate().send("POST", outage.path() + "/acknowledge", "", {"If-Match: \"1\"", "Content-Type: application/json"});
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    CHECK(answer.json()["state"] == "acknowledged");
    CHECK(answer.json()["acknowledged_by"] == "token:of the operator");
    CHECK(answer.header("etag").starts_with("\"2-"));
    CHECK(stand().operate().post(outage.path() + "/comment", {{"comment", "line one\nline two"}}).status == 200);
    CHECK(stand().operate().post(outage.path() + "/resolve", Json::object()).status == 200);
    const auto rows = stand().pool().transact([&](db::Tx& tx) {
        return tx.run_text(
            "select action, actor, body ->> 'comment', if_version, shard from incident_command where incident_id = $1 order by "
            "id",
            {outage.id});
    });
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].text(0) == "acknowledge");
    CHECK(rows[0].text(1) == "token:of the operator");
    CHECK(rows[0].small(3) == 1);
    CHECK(rows[0].small(4) == shard_of(*SiteId::parse(outage.site)));
    CHECK(rows[1].text(2) == "line one\nline two");
    CHECK(rows[1].is_null(3));
}

TEST_CASE("what the engine refuses is a conflict, and what is stale is 412 without asking it") {
    const Outage outage;
    {
        const FakeEngine engine("conflict");
        CHECK(stand().operate().post(outage.path() + "/acknowledge", Json::object()).status == 409);
    }
    {
        const FakeEngine engine("stale");
        CHECK(stand().operate().post(outage.path() + "/unacknowledge", Json::object()).status == 412);
    }
    {
        const FakeEngine engine("unchanged");
        CHECK(stand().operate().post(outage.path() + "/acknowledge", Json::object()).status == 200);
    }
    CHECK(stand().operate().post(outage.path() + "/resolve", Json::object(), {"If-Match: \"7\""}).status == 412);
    CHECK(stand().operate().post("/v1/incidents/" + IncidentId{1}.text() + "/resolve", Json::object()).status == 404);
    CHECK(stand().operate().post(outage.path() + "/comment", Json::object()).errors() == ": the field \"comment\" is required\n");
    CHECK(stand().operate().post(outage.path() + "/comment", {{"comment", ""}}).errors() ==
          "/comment: must be a string of 1 to 4000 bytes\n");
    CHECK(stand().operate().post(outage.path() + "/acknowledge", {{"why", "x"}}).errors() ==
          "/why: is not a field of this object\n");
    CHECK(stand().operate().send("POST", outage.path() + "/comment", "").status == 400);
}

TEST_CASE("with the engine away an action is kept and answered with 503, and not more wait than may") {
    const Outage outage;
    std::vector<std::thread> callers;
    std::atomic<int> unavailable{0};
    std::atomic<int> at_once{0};
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            const auto start = std::chrono::steady_clock::now();
            const auto answer = stand().operate().post(outage.path() + "/acknowledge", Json::object());
            if (answer.status == 503 &&
                answer.json()["detail"].get<std::string>().find("will be carried out") != std::string::npos)
                ++unavailable;
            if (std::chrono::steady_clock::now() - start < milliseconds{1400}) ++at_once;
        });
    }
    for (auto& caller : callers) caller.join();
    CHECK(unavailable == 4);
    CHECK(at_once == 2);  // the stand lets two wait, for 1.5 seconds
    const auto kept = stand().pool().transact([&](db::Tx& tx) {
        return tx.run_text("select count(*) from incident_command where incident_id = $1 and done_at is null", {outage.id})[0]
            .whole(0);
    });
    CHECK(kept == 4);
    stand().run("update incident_command set done_at = now(), outcome = 'done' where done_at is null");
}

}  // namespace api_incident_test
