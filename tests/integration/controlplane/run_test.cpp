// Runs through a whole control plane, with agents that answer as the test says, on a real bus; and as events.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "controlplane/app.h"
#include "lib/bus/topology.h"
#include "lib/check/observation.h"
#include "lib/crypto/crypto.h"
#include "lib/message/run.h"
#include "lib/message/subject.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/http/raw_client.h"

namespace run_test {

using namespace sonde;
using namespace sonde::test;
namespace subject = message::subject;

namespace {

// Takes urgent jobs of a region and answers runs as it is told.
class FakeAgent {
public:
    using Answering = std::function<std::vector<std::string>(const message::Job&)>;  // payloads

    FakeAgent(bus::Bus& bus, std::string region, Answering answering) : bus_(bus), region_(std::move(region)), answering_(std::move(answering)) {
        puller_ = bus_.pull(subject::urgent_stream(region_), std::string(subject::agents_consumer),
                            [this](const bus::Delivery& delivery) { take(delivery); });
        puller_->want(100);
    }
    std::atomic<int> runs{0};

private:
    void take(const bus::Delivery& delivery) {
        const auto batch = message::read_job_batch(delivery.payload);
        if (batch && batch->jobs.size() == 1 && batch->jobs[0].reason == message::JobReason::run) {
            ++runs;
            for (const auto& payload : answering_(batch->jobs[0])) static_cast<void>(bus_.publish(subject::runs(region_), payload));
        }
        bus_.ack(delivery);
    }
    bus::Bus& bus_;
    std::string region_;
    Answering answering_;
    std::unique_ptr<bus::Puller> puller_;
};

std::string saw(const message::Job& job, const std::string& region, const std::string& verdict, const std::string& cause) {
    const Json document{{"verdict", verdict}, {"class", cause}, {"message", verdict == "up" ? "" : "as the test wants it"},
                        {"phases_ms", check::write_phases({})}, {"address", "192.0.2.1:80"}, {"http", {{"status", 200}}}, {"assertions", Json::array()}};
    return message::write_run_answer({job.run, region, region + "-1", wall_now(), json::dump(document)});
}

class Everything {
public:
    Everything() {
        path_ = (std::filesystem::temp_directory_path() / "sonde-run-XXXXXX").string();
        REQUIRE(mkdtemp(path_.data()) != nullptr);
        config.database.dsn = postgres.dsn();
        config.bus.urls = {nats.url()};
        config.key_file = path_ + "/key";
        config.runs = {2, milliseconds{1500}};
        REQUIRE(crypto::SecretBox::make_key_file(config.key_file).ok());
        app = std::make_unique<controlplane::ControlplaneApp>(config);
        app->start();
        db::PoolOptions own;
        own.dsn = postgres.dsn();
        pool = std::make_unique<db::Pool>(own, registry);
        const auto token = crypto::random_token("sonde_");
        pool->transact([&](db::Tx& tx) {
            tx.run_text("with c as (insert into api_client (id, name, role) values ($1, 'admin', 'admin') returning id) "
                        "insert into client_secret (client_id, hash) select id, $2 from c",
                        {new_id<ClientId>(), db::Param::bytes(crypto::sha256(token.reveal()))});
        });
        secret = token.reveal();
        client = std::make_unique<Client>(app->port(), secret);
        for (const auto* region : {"eu", "us"}) REQUIRE(client->post("/v1/regions", {{"name", region}}).status == 201);
        bus::Options options;
        options.urls = {nats.url()};
        bus = bus::Bus::connect(options, registry);
        for (const auto* region : {"eu", "us"})
            REQUIRE(eventually([&] { return bus::topology::ensure(*bus, bus::topology::urgent(region, 1)).ok(); }));
    }
    ~Everything() {
        app->stop();
        std::filesystem::remove_all(path_);
    }
    [[nodiscard]] bool counted(const std::string& line) const {
        return eventually([&] { return client->get("/metrics").body.find(line) != std::string::npos; });
    }

    PostgresServer postgres;
    NatsServer nats;
    metrics::Registry registry;
    controlplane::ControlplaneConfig config;
    std::unique_ptr<controlplane::ControlplaneApp> app;
    std::unique_ptr<db::Pool> pool;
    std::string secret;  // the client's token
    std::unique_ptr<Client> client;
    std::unique_ptr<bus::Bus> bus;

private:
    std::string path_;
};

const Json kSpec{{"url", "https://shop.example/"}};

// One event after the other of a run of a spec that is not saved.
class Follower {
public:
    Follower(int port, const std::string& token, const Json& body) : client_(port) {
        const auto text = body.dump();
        client_.send("POST /v1/check HTTP/1.0\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token +
                     "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
        head_ = client_.until("\r\n\r\n");
    }
    [[nodiscard]] const std::string& head() const { return head_; }
    // Of this type; the rest is told as it came if it is of another.
    Json next(const std::string& type) {
        auto text = client_.until("\n\n");
        if (text.starts_with("retry: ")) text = client_.until("\n\n");
        const auto begin = "event: " + type + "\ndata: ";
        if (!text.starts_with(begin)) return text;
        return Json::parse(text.substr(begin.size()));
    }
    bool closed() { return client_.closed(); }

private:
    RawClient client_;
    std::string head_;
};

}  // namespace

TEST_CASE("a run is answered with what every region saw, and with who did not answer") {
    Everything all;
    std::string seen_spec;
    FakeAgent eu(*all.bus, "eu", [&](const message::Job& job) {
        seen_spec = job.spec;
        CHECK(job.timeout == milliseconds{800});
        return std::vector{saw(job, "eu", "down", "http_status"), saw(job, "eu", "up", "none")};  // the second comes too late
    });
    FakeAgent us(*all.bus, "us", [&](const message::Job& job) { return std::vector{saw(job, "us", "up", "none")}; });
    const auto unsaved = all.client->post("/v1/check", {{"spec", kSpec}, {"timeout_ms", 800}});
    REQUIRE_MESSAGE(unsaved.status == 200, unsaved.body);
    const auto report = unsaved.json();
    REQUIRE(report["results"].size() == 2);
    CHECK(report["missing"].empty());
    const auto& first = report["results"][0];
    CHECK(first["region"] == "eu");
    CHECK(first["agent"] == "eu-1");
    CHECK(first["verdict"] == "down");
    CHECK(first["class"] == "http_status");
    CHECK(first["observation"] == Json{{"address", "192.0.2.1:80"}, {"http", {{"status", 200}}}});
    CHECK(report["results"][1]["region"] == "us");
    CHECK(Json::parse(seen_spec)["url"] == "https://shop.example/");
    CHECK(all.counted("sonde_run_answers_total{outcome=\"unmatched\"} 1"));

    // A saved monitor runs where it is asked to, else in its own regions; paused or not.
    const auto site = all.client->post("/v1/sites", {{"name", "Shop"}}).json()["id"];
    const auto monitor = all.client->post("/v1/monitors", {{"site_id", site}, {"name", "m"}, {"spec", kSpec}, {"timeout_ms", 800}, {"regions", {"us"}}, {"paused", true}});
    const auto path = "/v1/monitors/" + monitor.json()["id"].get<std::string>() + "/check";
    CHECK(all.client->send("POST", path).json()["results"][0]["region"] == "us");
    CHECK(all.client->post(path, {{"regions", {"eu"}}}).json()["results"][0]["region"] == "eu");
    all.pool->transact([&](db::Tx& tx) { CHECK(tx.run_text("select count(*) from result")[0].whole(0) == 0); });
}

TEST_CASE("whatever an agent answers, the others' answers come, and what is none is counted") {
    Everything all;
    FakeAgent eu(*all.bus, "eu", [&](const message::Job& job) {
        auto deep = Json::array();
        for (int i = 0; i < 100; ++i) deep = Json::array({deep});
        auto nested = Json::parse(saw(job, "eu", "up", "none"));
        nested["document"]["deep"] = deep;
        return std::vector<std::string>{"", "{", R"({"v":1})", saw(job, "us", "up", "none"), nested.dump()};
    });
    FakeAgent us(*all.bus, "us", [&](const message::Job& job) { return std::vector{saw(job, "us", "up", "none")}; });
    const auto report = all.client->post("/v1/check", {{"spec", kSpec}, {"timeout_ms", 100}}).json();
    REQUIRE(report["results"].size() == 1);
    CHECK(report["results"][0]["region"] == "us");
    CHECK(report["missing"] == Json::array({{{"region", "eu"}, {"reason", "no agent answered"}}}));
    CHECK(all.counted("sonde_run_answers_total{outcome=\"malformed\"} 5"));
}

TEST_CASE("more runs than may be are refused at once, the API goes on, and a stopping server lets them go") {
    Everything all;
    FakeAgent silent(*all.bus, "eu", [](const message::Job&) { return std::vector<std::string>{}; });
    const auto run = [&] { return all.client->post("/v1/check", {{"spec", kSpec}, {"timeout_ms", 60'000}, {"regions", {"eu"}}}); };
    std::vector<Answer> answers(2);
    std::vector<std::thread> waiting;
    for (auto& answer : answers) waiting.emplace_back([&] { answer = run(); });
    REQUIRE(eventually([&] { return silent.runs == 2; }));
    const auto refused = run();
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "5");
    CHECK(all.client->get("/v1/sites").status == 200);
    all.app->stop();
    for (auto& thread : waiting) thread.join();
    for (const auto& answer : answers) {
        REQUIRE(answer.status == 200);
        CHECK(answer.json()["missing"] == Json::array({{{"region", "eu"}, {"reason", "the server is stopping"}}}));
    }
}

TEST_CASE("a run that is followed tells each region when it answers, and the whole when the one without an agent is given up") {
    Everything all;
    FakeAgent eu(*all.bus, "eu", [&](const message::Job& job) { return std::vector{saw(job, "eu", "down", "http_status")}; });
    Follower follower(all.app->port(), all.secret, {{"spec", kSpec}, {"timeout_ms", 1'000}});
    CHECK(follower.head().find(" 200 ") != std::string::npos);
    CHECK(follower.head().find("Content-Type: text/event-stream\r\n") != std::string::npos);
    const auto region = follower.next("region");
    CHECK(region["region"] == "eu");
    CHECK(all.client->get("/metrics").body.find("sonde_runs_under_way 1") != std::string::npos);  // us may still answer
    const auto report = follower.next("report");
    CHECK(report["results"] == Json::array({region}));
    CHECK(report["missing"] == Json::array({{{"region", "us"}, {"reason", "no agent answered"}}}));
    CHECK(RunId::parse(report["run_id"].get<std::string>()));
    CHECK(follower.closed());
    CHECK(all.counted("sonde_http_requests_total{method=\"POST\",route=\"/v1/check\",status=\"200\"} 1"));
    CHECK(all.counted("sonde_runs_under_way 0"));
}

TEST_CASE("what is known before a run begins is an ordinary problem, though events are asked for") {
    Everything all;
    const Headers events{"Accept: text/event-stream"};
    const auto refused = all.client->post("/v1/check", {{"spec", kSpec}, {"regions", {"nowhere"}}}, events);
    CHECK(refused.status == 422);
    CHECK(refused.header("content-type") == "application/problem+json");
    CHECK(all.client->post("/v1/monitors/" + new_id<MonitorId>().text() + "/check", Json::object(), events).status == 404);
    CHECK(all.counted("sonde_http_streams 0"));
}

TEST_CASE("runs whose followers have gone make room for others, and a stopping server tells the rest so") {
    Everything all;
    FakeAgent silent(*all.bus, "eu", [](const message::Job&) { return std::vector<std::string>{}; });
    const Json body{{"spec", kSpec}, {"timeout_ms", 60'000}, {"regions", {"eu"}}};
    {
        Follower one(all.app->port(), all.secret, body);
        Follower two(all.app->port(), all.secret, body);
        Follower refused(all.app->port(), all.secret, body);
        CHECK(one.head().find(" 200 ") != std::string::npos);
        CHECK(two.head().find(" 200 ") != std::string::npos);
        CHECK(refused.head().find(" 503 ") != std::string::npos);
        CHECK(refused.head().find("Content-Type: application/problem+json\r\n") != std::string::npos);
    }
    CHECK(all.counted("sonde_runs_total{outcome=\"abandoned\"} 2"));
    Follower last(all.app->port(), all.secret, body);
    CHECK(last.head().find(" 200 ") != std::string::npos);
    all.app->stop();
    CHECK(last.next("report")["missing"] == Json::array({{{"region", "eu"}, {"reason", "the server is stopping"}}}));
    CHECK(last.closed());
}

}  // namespace run_test
