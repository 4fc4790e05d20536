// Pings from HTTP to the stream, with the whole control plane on real servers.
#include <doctest/doctest.h>

#include <filesystem>
#include <mutex>

#include "controlplane/app.h"
#include "lib/base/shard.h"
#include "lib/bus/topology.h"
#include "lib/crypto/crypto.h"
#include "lib/message/result.h"
#include "lib/message/subject.h"
#include "tests/integration/controlplane/api_stand.h"

namespace ping_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// A control plane, an administrator, and whoever reads the results stream.
struct Plane {
    PostgresServer postgres;
    NatsServer nats;
    std::filesystem::path directory = [] {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-ping-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        return std::filesystem::path(name);
    }();
    controlplane::ControlplaneConfig config = [this] {
        controlplane::ControlplaneConfig made;
        made.database.dsn = postgres.dsn();
        made.bus.urls = {nats.url()};
        made.key_file = directory / "key";
        REQUIRE(crypto::SecretBox::make_key_file(made.key_file).ok());
        return made;
    }();
    metrics::Registry registry;
    db::Pool pool{[this] {
                      db::PoolOptions options;
                      options.dsn = postgres.dsn();
                      options.application_name = "test";
                      return options;
                  }(),
                  registry};
    std::unique_ptr<bus::Bus> bus = [this] {
        bus::Options options;
        options.urls = {nats.url()};
        options.client_name = "test";
        return bus::Bus::connect(options, registry);
    }();
    controlplane::ControlplaneApp app{config};
    std::string token = crypto::random_token("sonde_").reveal();
    std::unique_ptr<Client> admin, nobody;

    Plane() {
        REQUIRE(eventually([&] { return bus->health().connected; }));
        REQUIRE(bus::topology::ensure(*bus, bus::topology::results(1)).ok());
        pool.transact([&](db::Tx& tx) {
            tx.run_text("with c as (insert into api_client (id, name, role) values ($1, 'ann', 'admin') returning id) "
                        "insert into client_secret (client_id, hash) select id, $2 from c",
                        {new_id<ClientId>(), db::Param::bytes(crypto::sha256(token))});
        });
        app.start();
        admin = std::make_unique<Client>(app.port(), token);
        nobody = std::make_unique<Client>(app.port(), "");
        REQUIRE(eventually([&] { return nobody->get("/readyz").status == 200; }));
    }
    ~Plane() {
        app.stop();
        std::filesystem::remove_all(directory);
    }

    Json make(const std::string& name = "nightly") {
        const auto site = admin->post("/v1/sites", {{"name", "Backups"}}).json()["id"].get<std::string>();
        const auto answer = admin->post("/v1/monitors", {{"site_id", site}, {"kind", "heartbeat"}, {"name", name}, {"spec", {{"period_ms", 60000}}}});
        REQUIRE_MESSAGE(answer.status == 201, answer.body);
        return answer.json();
    }
    // The path of its pings, once this control plane knows it.
    std::string path_of(const Json& monitor) {
        const auto path = monitor["heartbeat"]["ping_url"].get<std::string>();
        REQUIRE(eventually([&] { return nobody->get(path + "/log").status == 200; }));
        return path;
    }
    // Everything in the results stream that is no log entry, in order.
    std::vector<message::ProbeResult> pings(std::size_t at_least) {
        std::mutex mutex;
        std::vector<message::ProbeResult> found;
        std::vector<std::shared_ptr<bus::Puller>> pullers;
        for (int shard = 0; shard < kShards; ++shard) {
            pullers.push_back(bus->pull(std::string(message::subject::results_stream), message::subject::engine_consumer(shard), [&](bus::Delivery delivery) {
                bus->ack(delivery);
                const auto batch = message::read_result_batch(delivery.payload);
                REQUIRE(batch.ok());
                CHECK(batch->region == "push");
                const std::scoped_lock lock(mutex);
                for (const auto& result : batch->results) {
                    if (result.detail.find(R"("ping":"log")") == std::string::npos) found.push_back(result);
                }
            }));
            pullers.back()->want(1000);
        }
        CHECK(eventually([&] {
            const std::scoped_lock lock(mutex);
            return found.size() >= at_least;
        }));
        pullers.clear();
        return found;
    }
};

Json facts_of(const message::ProbeResult& result) { return (*json::parse(result.detail))["heartbeat"]; }

}  // namespace

TEST_CASE("a ping is answered when the stream has it, says what it said, and needs no more than its token") {
    Plane plane;
    const auto monitor = plane.make();
    const auto path = plane.path_of(monitor);
    const auto get = [&](const std::string& more) { return plane.nobody->get(path + more); };
    CHECK(get("").body == "OK");
    CHECK(get("").header("content-type") == "text/plain; charset=utf-8");
    CHECK(plane.nobody->send("HEAD", path + "/start?rid=a-1").status == 200);
    CHECK(plane.nobody->send("POST", path + "/3?rid=a-1&whatever=x", "no space left", {"Content-Type: text/plain"}).status == 200);
    CHECK(plane.nobody->send("POST", path + "/fail", std::string(150'000, 'x'), {"Content-Type: text/plain"}).status == 200);

    CHECK(get("/256").status == 404);
    CHECK(get("/success").status == 404);
    CHECK(get("?rid=%20").status == 400);
    CHECK(plane.nobody->get("/ping/0123456789abcdef0123456789abcdef").status == 404);
    CHECK(plane.nobody->get("/ping/0123456789abcdef0123456789abcdef").body == "not found");

    const auto found = plane.pings(5);
    REQUIRE(found.size() == 5);
    for (const auto& result : found) CHECK(result.monitor.text() == monitor["id"].get<std::string>());
    for (std::size_t i = 1; i < found.size(); ++i) CHECK(found[i].slot > found[i - 1].slot);
    CHECK(found[0].verdict == check::Verdict::up);
    CHECK(found[2].verdict == check::Verdict::unknown);
    CHECK(facts_of(found[2])["run"] == "a-1");
    CHECK(found[3].verdict == check::Verdict::down);
    CHECK(found[3].cause == check::FailureClass::heartbeat_failed);
    CHECK(facts_of(found[3])["exit_code"] == 3);
    CHECK(facts_of(found[3])["body"] == "no space left");
    CHECK(facts_of(found[4])["body_bytes"] == 150'000);
    CHECK(facts_of(found[4])["body"].get<std::string>().size() == 100'000);
}

TEST_CASE("pings in the form of Uptime Kuma are taken and answered in it") {
    Plane plane;
    const auto path = plane.path_of(plane.make());
    const auto push = "/api/push/" + path.substr(path.rfind('/') + 1);
    CHECK(plane.nobody->get(push + "?status=up&msg=OK&ping=").json() == Json{{"ok", true}});
    CHECK(plane.nobody->get(push + "?status=down&msg=disk%20full&ping=12.5").json() == Json{{"ok", true}});
    CHECK(plane.nobody->get(push + "?status=sideways").json() == Json{{"ok", false}, {"msg", "status must be up or down"}});
    CHECK(plane.nobody->get("/api/push/nobody").json() == Json{{"ok", false}, {"msg", "not found"}});
    const auto found = plane.pings(2);
    REQUIRE(found.size() == 2);
    CHECK(found[0].verdict == check::Verdict::up);
    CHECK(found[1].verdict == check::Verdict::down);
    CHECK(found[1].phases.total == microseconds{12'500});
    CHECK((*json::parse(found[1].detail))["message"] == "the job reported a failure: disk full");
}

TEST_CASE("pings are accepted while the database is away, and refused with a time to come back while the bus is") {
    Plane plane;
    const auto path = plane.path_of(plane.make());
    plane.postgres.kill_hard();
    CHECK(eventually([&] { return plane.nobody->get("/readyz").status == 503; }));
    for (int i = 0; i < 20; ++i) CHECK(plane.nobody->get(path).status == 200);
    plane.postgres.restart();
    CHECK(plane.pings(20).size() == 20);

    plane.nats.kill_hard();
    const auto refused = plane.nobody->get(path);
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "2");
    plane.nats.restart();
    CHECK(eventually([&] { return plane.nobody->get(path).status == 200; }));
}

TEST_CASE("a token that was replaced is nobody's, and so is that of a monitor that was deleted") {
    Plane plane;
    const auto monitor = plane.make();
    const auto id = monitor["id"].get<std::string>();
    const auto old = plane.path_of(monitor);
    const auto rotated = plane.admin->post("/v1/monitors/" + id + "/rotate_ping_token", Json::object());
    CHECK(rotated.status == 200);
    CHECK(rotated.json()["version"] == 2);
    const auto path = plane.path_of(rotated.json());
    CHECK(path != old);
    CHECK(plane.nobody->get(old).status == 404);
    CHECK(plane.admin->del("/v1/monitors/" + id).status == 204);
    CHECK(eventually([&] { return plane.nobody->get(path).status == 404; }));
}

TEST_CASE("a ping that was answered is in the stream's file, whoever dies then") {
    Plane plane;
    const auto path = plane.path_of(plane.make());
    for (int i = 0; i < 50; ++i) CHECK(plane.nobody->get(path).status == 200);
    plane.nats.kill_hard();
    plane.app.stop();
    plane.nats.restart();
    REQUIRE(eventually([&] { return plane.bus->health().connected; }));
    CHECK(plane.pings(50).size() == 50);
}

}  // namespace ping_test
