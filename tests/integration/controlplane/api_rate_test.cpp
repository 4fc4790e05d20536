// Rate limits over real HTTP, and pages of events.
#include <doctest/doctest.h>

#include <thread>

#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/http/raw_client.h"

namespace api_rate_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const Headers kPage{"Accept: application/json"};

EventId write_event(const std::string& kind) {
    const auto id = new_id<EventId>();
    stand().run(R"(insert into outbox (id, at, kind, payload) values ($1::bigint, now(), $2::text, jsonb_build_object('v', 1, 'id', $3::text, 'kind', $2::text)))",
                {id, kind, id.text()});
    stand().run("select pg_notify('sonde_outbox', '')");
    return id;
}

std::vector<std::string> ids_in(const Json& page) {
    std::vector<std::string> ids;
    for (const auto& item : page["items"]) ids.push_back(item["id"]);
    return ids;
}

}  // namespace

TEST_CASE("a client that asks too often is refused until it may again, and no other with it") {
    controlplane::RateLimits limits;
    limits.read = {3, std::chrono::seconds{86'400}};
    limits.write = {1, std::chrono::seconds{86'400}};
    limits.costly = {1, std::chrono::seconds{86'400}};
    const auto port = stand().limited(limits);
    const auto client = stand().with_token(stand().make_token("admin"), port);
    CHECK(client.get("/v1/sites").header("ratelimit-remaining") == "2");
    CHECK(client.get("/v1/sites?colour=red").header("ratelimit-remaining") == "1");  // what is refused counts, too
    CHECK(client.get("/v1/sites/" + SiteId{1}.text()).header("ratelimit-limit") == "3");
    const auto refused = client.get("/v1/sites");
    CHECK(refused.status == 429);
    CHECK(refused.json()["type"] == "urn:sonde:problem:too_many_requests");
    CHECK(std::stoi(refused.header("retry-after")) > 28'000);
    CHECK(std::stoi(refused.header("retry-after")) <= 28'800);
    CHECK(refused.header("ratelimit-remaining") == "0");
    CHECK(client.post("/v1/sites", {{"name", "limited"}}).status == 201);
    CHECK(client.post("/v1/sites", {{"name", "limited"}}).status == 429);
    CHECK(client.post("/v1/sites/bulk", {{"items", Json::array()}}).status == 201);
    CHECK(client.post("/v1/sites/bulk", {{"items", Json::array()}}).status == 429);
    CHECK(stand().with_token(stand().make_token("viewer"), port).get("/v1/sites").status == 200);
    CHECK(stand().viewer().get("/v1/sites").header("ratelimit-limit").empty());
}

TEST_CASE("who guesses tokens is limited by address, and who has one is not") {
    controlplane::RateLimits limits;
    limits.refused = {2, std::chrono::seconds{86'400}};
    const auto port = stand().limited(limits);
    CHECK(stand().with_token("", port).get("/v1/sites").status == 401);
    CHECK(stand().with_token("sonde_wrong", port).get("/v1/sites").status == 401);
    CHECK(stand().with_token("sonde_other", port).get("/v1/sites").status == 429);
    CHECK(stand().with_token(stand().make_token("viewer"), port).get("/v1/sites").status == 200);
}

TEST_CASE("who guesses tokens from one address after the other of his IPv6 network is limited as from one") {
    controlplane::RateLimits limits;
    limits.refused = {2, std::chrono::seconds{86'400}};
    const auto port = stand().limited(limits);
    const auto guess = [port](const std::string& address) { return stand().with_token("sonde_wrong", port).get("/v1/sites", {"X-Forwarded-For: " + address}).status; };
    CHECK(guess("2001:db8::1") == 401);
    CHECK(guess("2001:db8::2") == 401);
    CHECK(guess("2001:db8::3") == 429);
    CHECK(guess("2001:db8:0:0:ffff::") == 429);
    CHECK(guess("2001:db8:0:1::1") == 401);
    CHECK(guess("192.0.2.1") == 401);
    CHECK(guess("192.0.2.2") == 401);
    CHECK(guess("::ffff:192.0.2.1") == 401);
    CHECK(guess("192.0.2.1") == 429);
    CHECK(guess("192.0.2.2") == 401);
}

TEST_CASE("of a client that tries again and again what it may not, the audit keeps so many refusals") {
    controlplane::RateLimits limits;
    limits.recorded = {2, std::chrono::seconds{86'400}};
    const auto client = stand().with_token(stand().make_token("viewer"), stand().limited(limits));
    const auto refusals = [] {
        return stand().pool().transact([](db::Tx& tx) { return tx.run_text("select count(*) from audit where action = 'access.refused'")[0].whole(0); });
    };
    const auto before = refusals();
    for (int i = 0; i < 5; ++i) CHECK(client.post("/v1/sites", {{"name", "not mine"}}).status == 403);
    CHECK(refusals() == before + 2);
}

TEST_CASE("a client may keep so many keys, and send what needs none") {
    controlplane::RateLimits limits;
    limits.key = {1, std::chrono::hours{24}};
    const auto client = stand().with_token(stand().make_token("admin"), stand().limited(limits));
    CHECK(client.post("/v1/sites", {{"name", "keyed"}}, {"Idempotency-Key: one"}).status == 201);
    CHECK(client.post("/v1/sites", {{"name", "keyed"}}, {"Idempotency-Key: two"}).status == 429);
    CHECK(client.post("/v1/sites", {{"name", "keyed"}}).status == 201);
}

TEST_CASE("a client has so many streams at once") {
    controlplane::RateLimits limits;
    limits.streams = 1;
    const auto port = stand().limited(limits);
    const auto token = stand().make_token("viewer");
    {
        RawClient stream(port);
        stream.send("GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer " + token + "\r\n\r\n");
        CHECK(stream.until("\r\n\r\n").find("200") != std::string::npos);
        CHECK(stand().with_token(token, port).get("/v1/events", {"Accept: text/event-stream"}).status == 429);
    }
}

TEST_CASE("events are read page by page by those who cannot listen, each once and in order") {
    const auto& api = stand().viewer();
    const auto start = api.get("/v1/events", kPage).json();
    CHECK(start["items"].empty());
    std::vector<std::string> all;
    for (int i = 0; i < 7; ++i) all.push_back(write_event(i % 2 == 0 ? "incident.opened" : "monitor.changed").text());
    std::vector<std::string> read;
    std::string after = start["after"];
    for (int pages = 0; pages < 10 && read.size() < all.size(); ++pages) {
        const auto page = api.get("/v1/events?limit=3&wait=5&after=" + after, kPage).json();
        for (const auto& id : ids_in(page)) read.push_back(id);
        after = page["after"];
    }
    CHECK(read == all);
    CHECK(after == all.back());
    const auto some = api.get("/v1/events?kind=incident.*&after=" + start["after"].get<std::string>(), kPage).json();
    CHECK(ids_in(some) == std::vector<std::string>{all[0], all[2], all[4], all[6]});
    CHECK(api.get("/v1/events?after=" + EventId{1}.text(), kPage).json()["gap"] == true);
    CHECK(api.get("/v1/events?limit=1&after=" + EventId{0}.text(), kPage).json()["items"].size() == 1);
    CHECK(api.get("/v1/events?wait=21", kPage).status == 422);
    CHECK(api.get("/v1/events?after=17", kPage).status == 422);
}

TEST_CASE("who waits for an event is answered when it comes") {
    const std::string after = stand().viewer().get("/v1/events", kPage).json()["after"];
    Json page;
    std::thread waiting([&] { page = stand().viewer().get("/v1/events?wait=20&after=" + after, kPage).json(); });
    const auto id = write_event("incident.opened").text();
    waiting.join();
    CHECK(ids_in(page) == std::vector{id});
    CHECK(stand().viewer().get("/v1/events?wait=1&after=" + id, kPage).json()["after"] == id);
}

}  // namespace api_rate_test
