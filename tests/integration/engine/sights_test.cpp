// What good checks saw is stored once, whoever stores it and whenever.
#include "incident-engine/sights.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "tests/integration/engine/stage.h"

namespace sights_test {

using namespace sonde;
using namespace sonde::engine;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

// Good results of one monitor, one for each document.
struct Good {
    std::deque<message::ProbeResult> results;
    std::vector<Seen> seen;

    explicit Good(const std::vector<std::string>& documents, MonitorId monitor = MonitorId{7}) {
        for (const auto& document : documents) {
            auto& result = results.emplace_back();
            result.monitor = monitor;
            result.verdict = Verdict::up;
            result.detail = document;
            seen.push_back({&result, decision::RegionId{1}, "eu", 0, wall_now()});
        }
    }
};

std::string document(int n) { return R"({"address":"192.0.2.)" + std::to_string(n) + R"(:443"})"; }

// An engine's own, on the stage's database.
struct Engine {
    Stage& stage;
    metrics::Registry registry;
    Metrics metrics{registry};
    Sights sights;

    explicit Engine(Stage& on, Sights::Bounds bounds = {}) : stage(on), sights(bounds, metrics) {}

    std::vector<int> number(const std::vector<std::string>& documents, TimePoint now = wall_now(), MonitorId monitor = MonitorId{7}) {
        const Good good(documents, monitor);
        return stage.pool().transact([&](db::Tx& tx) { return sights.number(tx, good.seen, now); });
    }
    // As a transaction does, whose commit is known.
    std::vector<int> keep(const std::vector<std::string>& documents, TimePoint now = wall_now(), MonitorId monitor = MonitorId{7}) {
        auto numbers = number(documents, now, monitor);
        sights.committed();
        return numbers;
    }
    std::uint64_t looked_up() { return metrics.sights_looked_up.value(); }
};

constexpr const char* kVersions = "select string_agg(xmin::text || ':' || id, ' ' order by id) from sight";

}  // namespace

TEST_CASE("good results have one document in common as long as nothing changes; others have none") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("API"), "API");
    const auto engine = stage.engine();
    const auto round = [&](int n, const std::string& detail) {
        std::vector<Report> reports;
        for (const auto* region : {"eu", "us", "ap"}) reports.push_back({.region = region, .monitor = monitor, .slot = stage.slot(n), .detail = detail});
        stage.report(reports);
        REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 3 * (n + 1); }));
    };
    round(0, document(1));
    round(1, document(1));
    CHECK(stage.count("select count(*) from sight") == 1);
    round(2, document(2));
    stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(3), .verdict = Verdict::down, .cause = FailureClass::reset},
                  {.region = "us", .monitor = monitor, .slot = stage.slot(3), .detail = "{}"}});
    REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 11; }));
    CHECK(stage.text("select string_agg(document, ' ' order by id) from sight") == document(1) + " " + document(2));
    CHECK(stage.count("select count(*) from result r join sight s on s.id = r.sight_id where r.verdict = 0 and r.detail is null") == 9);
    CHECK(stage.count("select count(*) from result where sight_id is null and detail is null") == 1);
    CHECK(stage.count("select count(*) from result where sight_id is null and verdict = 2 and detail ->> 'message' = 'as told'") == 1);
    CHECK(stage.count("select count(*) from sight where used_on = (now() at time zone 'utc')::date") == 2);
}

TEST_CASE("what is remembered costs no statement, and after a restart no write") {
    Stage stage;
    Engine engine(stage);
    const auto numbers = engine.keep({document(1), document(2), document(1)});
    CHECK(numbers[0] == numbers[2]);
    CHECK(numbers[0] != numbers[1]);
    CHECK(engine.looked_up() == 2);
    CHECK(engine.keep({document(1), document(2), document(1)}) == numbers);
    CHECK(engine.looked_up() == 2);
    const auto versions = stage.text(kVersions);
    Engine restarted(stage);
    CHECK(restarted.keep({document(1), document(2), document(1)}) == numbers);
    CHECK(restarted.looked_up() == 2);
    CHECK(stage.text(kVersions) == versions);
}

TEST_CASE("on a new day everything in use is marked as used, once, under the number it had") {
    Stage stage;
    Engine engine(stage);
    const auto numbers = engine.keep({document(1), document(2)});
    stage.run("update sight set used_on = used_on - 1");
    CHECK(engine.keep({document(1)}) == std::vector{numbers[0]});
    CHECK(stage.count("select count(*) from sight where used_on = (now() at time zone 'utc')::date") == 0);
    CHECK(engine.keep({document(1)}, wall_now() + std::chrono::hours{24}) == std::vector{numbers[0]});
    CHECK(stage.text("select string_agg(id::text, ' ') from sight where used_on = (now() at time zone 'utc')::date") == std::to_string(numbers[0]));
    CHECK(engine.keep({document(3)}, wall_now() + std::chrono::hours{24}) == std::vector{std::max(numbers[0], numbers[1]) + 1});
}

TEST_CASE("what a transaction wrote that did not commit is not remembered") {
    Stage stage;
    Engine engine(stage);
    const Good good({document(1)});
    {
        auto tx = stage.pool().begin();
        CHECK(engine.sights.number(tx, good.seen, wall_now())[0] > 0);
    }
    engine.sights.rolled_back();
    engine.sights.committed();  // of another one, in which there was nothing to number
    const auto numbers = engine.keep({document(1)});
    CHECK(stage.text("select id::text from sight") == std::to_string(numbers[0]));
}

TEST_CASE("two engines that store the same at once, in whatever order, wait for each other and agree") {
    Stage stage;
    Engine one(stage);
    Engine two(stage);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::string> documents;
        for (int n = 0; n < 50; ++n) documents.push_back(document(round / 2 * 50 + n));
        // Every other round all are there, and none was used yet on this day.
        const auto now = wall_now() + std::chrono::hours{24 * round};
        if (round % 2 == 1) stage.run("update sight set used_on = used_on - 1");
        const std::vector<std::string> backwards(documents.rbegin(), documents.rend());
        std::vector<int> others;
        std::thread other([&] { others = two.keep(backwards, now); });
        const auto numbers = one.keep(documents, now);
        other.join();
        CHECK(std::vector<int>(others.rbegin(), others.rend()) == numbers);
        CHECK(stage.count("select count(*) from sight where used_on = (now() at time zone 'utc')::date") >= 50);
    }
    CHECK(stage.count("select count(*) from sight") == 500);
}

TEST_CASE("what is kept in memory is bounded, and so is what a monitor that never shows the same may leave behind") {
    Stage stage;
    Engine engine(stage, {.known = 2, .of_monitor = 3, .bytes = 100});
    const auto first = engine.keep({document(1), document(2)});
    CHECK(engine.keep({document(3)})[0] > 0);  // the others are forgotten
    CHECK(engine.keep({document(1), document(2)}, wall_now(), MonitorId{8}) == first);
    CHECK(engine.looked_up() == 5);
    CHECK(engine.keep({document(4)}) == std::vector{0});
    CHECK(engine.keep({document(4)}, wall_now(), MonitorId{8})[0] > 0);
    CHECK(engine.keep({R"({"address":")" + std::string(90, 'a') + "\"}"}) == std::vector{0});
    CHECK(engine.metrics.sights_left_out.value() == 2);
    CHECK(engine.keep({document(5)}, wall_now() + std::chrono::hours{24})[0] > 0);
    CHECK(stage.count("select count(*) from sight") == 5);
}

}  // namespace sights_test
