#include <doctest/doctest.h>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_evidence_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const auto kNoon = *from_rfc3339("2026-03-01T12:00:00.000Z");

struct Piece {
    std::string region;
    int seconds;  // from noon
    int attempt = 0;
    int verdict = 2;
};

void insert(const std::string& monitor, const std::vector<Piece>& pieces) {
    for (const auto& piece : pieces) {
        const auto slot = kNoon + seconds{piece.seconds};
        stand().run("insert into evidence (monitor_id, slot, region_id, attempt, at, verdict, document) "
                    "select $1, $2, id, $3, $4, $5, $6 from region where name = $7",
                    {*MonitorId::parse(monitor), slot, piece.attempt, slot + milliseconds{5}, piece.verdict,
                     R"({"address":"192.0.2.1:443","http":{"status":503,"status_line":"HTTP/1.1 503 Busy"}})", piece.region});
    }
}

// `eu -60 0 down`: region, seconds from noon, attempt, verdict.
std::string told(const Json& items) {
    std::string text;
    for (const auto& item : items) {
        const auto slot = *from_rfc3339(item["slot"].get<std::string>());
        if (!text.empty()) text += ", ";
        text += item["region"].get<std::string>() + ' ' + std::to_string((slot - kNoon).count() / 1000) + ' ' +
                std::to_string(item["attempt"].get<int>()) + ' ' + item["verdict"].get<std::string>();
    }
    return text;
}

Json vote(const std::string& region, const std::string& verdict, int at) {
    return {{"region", region}, {"verdict", verdict}, {"class", "http_status"}, {"slot", to_rfc3339(kNoon + seconds{at})}, {"fresh", true}};
}

struct Incident {
    std::string site = stand().make_site("Shop");
    IncidentId id = new_id<IncidentId>();
    int seq = 0;

    Incident() {
        const auto site_id = *SiteId::parse(site);
        stand().run("insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at) "
                    "values ($1, $2, $3, 'outage', 'open', 'critical', 'Shop is down', now(), now())",
                    {id, site_id, shard_of(site_id)});
    }
    void join(const std::string& monitor, const Json& votes) {
        stand().run("insert into incident_event (incident_id, seq, at, kind, actor, monitor_id, reason, data) "
                    "values ($1, $2, now(), $3, 'engine', $4, 'quorum_down', jsonb_build_object('votes', $5::jsonb))",
                    {id, ++seq, seq == 1 ? "opened" : "monitor_joined", *MonitorId::parse(monitor), json::dump(votes)});
    }
    // A group of which these had failed.
    void join_group(const std::string& name, const Json& members) {
        const Json data{{"group", {{"id", "grp_0000000000009"}, {"name", name}}}, {"members", members}};
        stand().run("insert into incident_event (incident_id, seq, at, kind, actor, reason, data) values ($1, $2, now(), $3, 'engine', 'group_down', $4::jsonb)",
                    {id, ++seq, seq == 1 ? "opened" : "monitor_joined", json::dump(data)});
    }
    [[nodiscard]] std::string path() const { return "/v1/incidents/" + id.text() + "/evidence"; }
};

}  // namespace

TEST_CASE("the evidence of an incident: of regions that failed the latest of a failure, of those that passed what was good at the time") {
    Incident incident;
    const auto monitor = stand().make_monitor(incident.site, "home page");
    // eu failed a minute before the others and alone; ap passes, in the confirmations of both slots and long before; us is asked twice.
    insert(monitor, {{"eu", -3600, 0}, {"eu", -60, 0}, {"eu", -60, 1}, {"eu", 60, 0}, {"us", -60, 1, 0}, {"us", 0, 0}, {"us", 0, 1},
                     {"ap", -7200, 1, 0}, {"ap", -60, 1, 0}, {"ap", 0, 2, 0}, {"ap", 60, 1, 0}, {"ap", -60, 2, 2}});
    incident.join(monitor, Json::array({vote("eu", "down", 0), vote("us", "down", 0), vote("ap", "up", -60)}));
    const auto items = stand().viewer().get(incident.path()).json()["items"];
    REQUIRE(items.size() == 1);
    CHECK(items[0]["monitor_id"] == monitor);
    CHECK(items[0]["monitor_name"] == "home page");
    CHECK(items[0]["slot"] == to_rfc3339(kNoon));
    CHECK(told(items[0]["regions"]) == "eu -60 1 down, us 0 1 down, ap 0 2 up");
    const auto& first = items[0]["regions"][0];
    CHECK(first["evidence"]["http"]["status_line"] == "HTTP/1.1 503 Busy");
    CHECK(first["at"] == to_rfc3339(kNoon - seconds{60} + milliseconds{5}));
}

TEST_CASE("confirmations that come after the incident opened are seen, older good checks and older failures are not") {
    Incident incident;
    const auto monitor = stand().make_monitor(incident.site);
    incident.join(monitor, {vote("eu", "down", 0), vote("us", "down", 0), {{"region", "ap"}, {"verdict", "absent"}, {"fresh", false}}});
    insert(monitor, {{"eu", 0, 0}, {"us", -90'000, 0}, {"ap", -61, 1, 0}});
    CHECK(told(stand().viewer().get(incident.path()).json()["items"][0]["regions"]) == "eu 0 0 down");
    insert(monitor, {{"ap", 0, 1, 0}, {"us", 0, 1, 1}});
    CHECK(told(stand().viewer().get(incident.path()).json()["items"][0]["regions"]) == "eu 0 0 down, us 0 1 degraded, ap 0 1 up");
}

TEST_CASE("each time a monitor joined is an item, in their order and by pages; what is broken or missing is left out") {
    Incident incident;
    const auto one = stand().make_monitor(incident.site, "one");
    const auto two = stand().make_monitor(incident.site, "two");
    insert(one, {{"eu", 0, 0}, {"eu", 600, 0}});
    stand().run("update evidence set document = 'no JSON' where monitor_id = $1 and slot > $2", {*MonitorId::parse(one), kNoon});
    incident.join(one, Json::array({vote("eu", "down", 0)}));
    incident.join(two, Json::array({vote("eu", "down", 0), vote("mars", "down", 0)}));
    incident.join(one, Json::array({vote("eu", "down", 600)}));
    incident.join(MonitorId{1}.text(), Json::array({vote("eu", "up", 0)}));
    Json walked = Json::array();
    for (std::string next = incident.path() + "?limit=2"; !next.empty();) {
        const auto page = stand().viewer().get(next);
        const auto document = page.json();
        for (const auto& item : document["items"]) walked.push_back(item);
        const auto link = page.header("link");
        next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    REQUIRE(walked.size() == 4);
    CHECK(walked == stand().viewer().get(incident.path()).json()["items"]);
    CHECK(told(walked[0]["regions"]) == "eu 0 0 down");
    CHECK(walked[1]["monitor_name"] == "two");
    CHECK(walked[1]["regions"].empty());
    CHECK(told(walked[2]["regions"]) == "eu 600 0 down");
    CHECK(walked[2]["regions"][0]["evidence"] == Json::object());
    CHECK(walked[3]["monitor_name"] == "");
    CHECK(walked[3]["slot"].is_null());
}

TEST_CASE("a group that joins is told by the evidence of each of its members that had failed, also of those that are gone, and by pages") {
    Incident incident;
    const auto one = stand().make_monitor(incident.site, "one");
    const auto two = stand().make_monitor(incident.site, "two");
    const auto gone = MonitorId{7}.text();
    const auto member = [](const std::string& monitor, const std::string& name, const Json& votes) {
        return Json{{"id", monitor}, {"name", name}, {"interval_ms", 60'000}, {"votes", votes}};
    };
    insert(one, {{"eu", 0, 0}, {"us", 0, 1, 0}, {"ap", -61, 0, 0}});
    insert(two, {{"eu", 30, 0}, {"eu", 600, 0}});
    insert(gone, {{"eu", 0, 0}});
    incident.join_group("Web", Json::array({member(one, "one", {vote("eu", "down", 0), vote("us", "up", 0), vote("ap", "up", 0)}),
                                            member(two, "was two", Json::array({vote("eu", "down", 30)})), member(gone, "gone", Json::array({vote("eu", "down", 0)}))}));
    incident.join(two, Json::array({vote("eu", "down", 600)}));
    const auto items = stand().viewer().get(incident.path()).json()["items"];
    REQUIRE(items.size() == 4);
    CHECK(items[0]["monitor_id"] == one);
    CHECK(items[0]["group"]["id"] == "grp_0000000000009");
    CHECK(items[0]["group"]["name"] == "Web");
    CHECK(items[0]["slot"] == to_rfc3339(kNoon));
    CHECK(told(items[0]["regions"]) == "eu 0 0 down, us 0 1 up");
    CHECK(items[1]["monitor_name"] == "was two");
    CHECK(told(items[1]["regions"]) == "eu 30 0 down");
    CHECK(items[2]["monitor_id"] == gone);
    CHECK(told(items[2]["regions"]) == "eu 0 0 down");
    CHECK_FALSE(items[3].contains("group"));
    CHECK(told(items[3]["regions"]) == "eu 600 0 down");
    Json walked = Json::array();
    for (std::string next = incident.path() + "?limit=1"; !next.empty();) {
        const auto page = stand().viewer().get(next);
        const auto document = page.json();
        for (const auto& item : document["items"]) walked.push_back(item);
        const auto link = page.header("link");
        next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    CHECK(walked == items);
}

TEST_CASE("the evidence of a monitor is listed newest first, by region and time, and walked by cursor") {
    const auto monitor = stand().make_monitor(stand().make_site());
    insert(monitor, {{"eu", 0, 0}, {"us", 0, 1}, {"ap", 0, 1, 0}, {"eu", 60, 0}, {"eu", 60, 1}, {"us", 120, 0}});
    const auto path = "/v1/monitors/" + monitor + "/evidence";
    const auto all = stand().viewer().get(path).json()["items"];
    CHECK(told(all) == "us 120 0 down, eu 60 1 down, eu 60 0 down, ap 0 1 up, us 0 1 down, eu 0 0 down");
    Json walked = Json::array();
    for (std::string next = path + "?limit=4"; !next.empty();) {
        const auto page = stand().viewer().get(next);
        const auto document = page.json();
        for (const auto& item : document["items"]) walked.push_back(item);
        const auto link = page.header("link");
        next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    CHECK(walked == all);
    CHECK(told(stand().viewer().get(path + "?region=eu&from=" + to_rfc3339(kNoon + seconds{1})).json()["items"]) == "eu 60 1 down, eu 60 0 down");
    CHECK(told(stand().viewer().get(path + "?region=ap&to=" + to_rfc3339(kNoon + seconds{60})).json()["items"]) == "ap 0 1 up");
}

TEST_CASE("evidence that is not there is 404, and what cannot be asked for 422") {
    CHECK(stand().viewer().get("/v1/monitors/" + MonitorId{1}.text() + "/evidence").status == 404);
    CHECK(stand().viewer().get("/v1/incidents/" + IncidentId{1}.text() + "/evidence").status == 404);
    const Incident incident;
    CHECK(stand().viewer().get(incident.path()).json()["items"].empty());
    CHECK(stand().viewer().get(incident.path() + "?limit=101").errors() == "?limit: must be at most 100 here\n");
    CHECK(stand().viewer().get(incident.path() + "?from=" + to_rfc3339(kNoon)).status == 422);
    const auto path = "/v1/monitors/" + stand().make_monitor(incident.site) + "/evidence";
    CHECK(stand().viewer().get(path + "?from=" + to_rfc3339(kNoon) + "&to=" + to_rfc3339(kNoon)).errors() == "?to: must be after `from`\n");
    CHECK(stand().nobody().get(incident.path()).status == 401);
}

}  // namespace api_evidence_test
