// Acknowledging by the link of a message.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "lib/channel/ack_link.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/controlplane/api_world.h"
#include "tests/integration/controlplane/fake_engine.h"

namespace api_ack_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string at(const std::string& address) { return "X-Forwarded-For: " + address; }

// An incident that a channel was told of.
struct Told {
    World world{"told"};
    std::string channel_id = stand().admin().post("/v1/channels", {{"kind", "webhook"}, {"name", "ops <b>"}, {"config", {{"url", "https://h.example/"}}}}).json()["id"];
    channel::AckLink link{*IncidentId::parse(world.incident), *ChannelId::parse(channel_id), new_id<DeliveryId>(), wall_now() + std::chrono::hours{1}};

    Told() { stand().run("update incident set title = 'Shop <script> is down' where id = $1", {link.incident}); }
    [[nodiscard]] std::string path() const { return "/ack/" + link.token(stand().box()); }
    [[nodiscard]] std::string state() const { return stand().admin().get("/v1/incidents/" + world.incident).json()["state"]; }
    [[nodiscard]] static Answer post(const std::string& path, const std::string& address = "192.0.2.1") { return stand().nobody().send("POST", path, "", {at(address)}); }
    [[nodiscard]] static Answer get(const std::string& path, const std::string& address = "192.0.2.1") { return stand().nobody().get(path, {at(address)}); }
};

std::int64_t count(const std::string& sql) {
    return stand().pool().transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); });
}

bool says(const Answer& answer, const std::string& words) { return answer.body.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("to look at a link changes nothing, to send its form acknowledges, once, as whoever reads the channel") {
    const FakeEngine engine("done");
    const Told told;
    for (int i = 0; i < 3; ++i) {
        const auto page = Told::get(told.path());
        CHECK(page.status == 200);
        CHECK(says(page, "Shop &lt;script&gt; is down"));
        CHECK(says(page, "The incident is open."));
        CHECK(says(page, "<form method=\"post\">"));
        CHECK(!says(page, "ops"));
        CHECK(!says(page, told.world.incident));
        CHECK(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
        CHECK(page.header("referrer-policy") == "no-referrer");
        CHECK(page.header("cache-control") == "no-store");
    }
    CHECK(told.state() == "open");
    CHECK(count("select count(*) from acknowledge_link_used where delivery_id = " + std::to_string(told.link.delivery.value())) == 0);

    const auto done = Told::post(told.path());
    CHECK(done.status == 200);
    CHECK(says(done, "You have acknowledged it."));
    CHECK(told.state() == "acknowledged");
    const auto shown = stand().admin().get("/v1/incidents/" + told.world.incident).json();
    CHECK(shown["acknowledged_by"] == "link:ops <b>");
    const auto audit = stand().admin().get("/v1/audit?limit=1&actor=link:ops%20%3Cb%3E").json()["items"];
    REQUIRE(audit.size() == 1);
    CHECK(audit[0]["operation"] == "POST /ack/{token}");
    CHECK(audit[0]["actor_id"] == "channel:" + std::to_string(told.link.channel.value()));
    CHECK(audit[0]["address"] == "192.0.2.1");

    // Somebody takes it back; the link does not acknowledge again.
    stand().run("update incident set state = 'open' where id = $1", {told.link.incident});
    const auto commands = count("select count(*) from incident_command");
    for (const auto& again : {Told::post(told.path()), Told::get(told.path())}) {
        CHECK(again.status == 409);
        CHECK(says(again, "used already"));
        CHECK(!says(again, "<form"));
    }
    CHECK(told.state() == "open");
    CHECK(count("select count(*) from incident_command") == commands);
}

TEST_CASE("many who use a link at once acknowledge once") {
    const FakeEngine engine("done");
    const Told told;
    const auto before = count("select count(*) from incident_command");
    std::vector<std::thread> all;
    std::atomic<int> done{0};
    for (int i = 0; i < 6; ++i) {
        all.emplace_back([&told, &done, i] {
            const auto answer = Told::post(told.path(), "192.0.2." + std::to_string(10 + i));
            if (says(answer, "You have acknowledged it.")) ++done;
        });
    }
    for (auto& one : all) one.join();
    CHECK(done == 1);
    CHECK(count("select count(*) from incident_command") == before + 1);
}

TEST_CASE("what is forged, over or about what is gone is all the same page") {
    const Told told;
    auto over = told.link;
    over.expires_at = wall_now() - seconds{1};
    auto nowhere = told.link;
    nowhere.incident = new_id<IncidentId>();
    auto of_nobody = told.link;
    of_nobody.channel = new_id<ChannelId>();
    auto forged = told.path();
    forged[forged.size() - 40] = forged[forged.size() - 40] == 'A' ? 'B' : 'A';
    std::set<std::string> pages;
    int number = 0;
    for (const auto& path : {forged, std::string("/ack/x"), "/ack/" + over.token(stand().box()), "/ack/" + nowhere.token(stand().box()), "/ack/" + of_nobody.token(stand().box()),
                             "/ack/" + told.link.token(crypto::SecretBox(std::string(32, 'x')))}) {
        for (const auto& answer : {Told::get(path, "198.51.100." + std::to_string(++number)), Told::post(path, "198.51.100." + std::to_string(++number))}) {
            CHECK(answer.status == 404);
            pages.insert(answer.body);
        }
    }
    CHECK(pages.size() == 1);
    CHECK(told.state() == "open");
}

TEST_CASE("what has an end already is told, and not acknowledged") {
    const FakeEngine engine("done");
    const Told told;
    stand().run("update incident set state = 'resolved', resolved_at = now() where id = $1", {told.link.incident});
    const auto commands = count("select count(*) from incident_command");
    CHECK(Told::post(told.path()).status == 409);
    CHECK(says(Told::get(told.path()), "It is resolved"));
    stand().run("update incident set state = 'acknowledged', resolved_at = null where id = $1", {told.link.incident});
    CHECK(Told::post(told.path()).status == 200);
    CHECK(says(Told::get(told.path()), "acknowledged already"));
    CHECK(count("select count(*) from incident_command") == commands);
}

TEST_CASE("while nobody answers it is kept, and will be done") {
    const Told told;
    const auto kept = Told::post(told.path());
    CHECK(kept.status == 202);
    CHECK(says(kept, "will be carried out"));
    CHECK(says(Told::post(told.path()), "used already"));
    const FakeEngine engine("done");
    CHECK(eventually([&] { return told.state() == "acknowledged"; }));
}

TEST_CASE("who guesses has to wait, as who guesses passwords does; others do not") {
    const FakeEngine engine("done");
    const Told told;
    for (int i = 0; i < 10; ++i) CHECK(Told::get("/ack/guess" + std::to_string(i), "203.0.113.9").status == 404);
    stand().run("update login_attempt set blocked_until = blocked_until + interval '10 minutes' where blocked_until > last_at");
    const auto limited = Told::post(told.path(), "203.0.113.9");
    CHECK(limited.status == 429);
    CHECK(std::stoi(limited.header("retry-after")) >= 1);
    CHECK(told.state() == "open");
    CHECK(Told::post(told.path(), "203.0.113.10").status == 200);
}

}  // namespace api_ack_test
