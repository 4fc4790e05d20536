// A spec that is edited: what was checked before says nothing of it, whenever it arrives and whoever decides then.
#include <doctest/doctest.h>

#include "tests/integration/engine/stage.h"

namespace spec_edit_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

constexpr auto kEdit = "update monitor set spec = spec || $2::jsonb, version = version + 1 where id = $1";

void failing(Stage& stage, MonitorId monitor, int slot, int revision) {
    for (const int attempt : {0, 1}) {
        std::vector<Report> reports;
        for (const auto* region : {"eu", "us", "ap"}) {
            reports.push_back({.region = region, .monitor = monitor, .slot = stage.slot(slot), .verdict = Verdict::down, .cause = FailureClass::http_status,
                               .attempt = attempt, .revision = revision});
        }
        stage.report(reports);
    }
}

}  // namespace

TEST_CASE("failures by the spec from before an edit page nobody, also after a restart; failures by the new one do, though the engine has not looked yet") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API");
    auto engine = stage.engine();
    REQUIRE(eventually([&] { return ready(*engine); }));
    stage.round(monitor, 0, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));

    stage.run(kEdit, {monitor, R"({"url": "http://192.0.2.2/"})"});
    REQUIRE(eventually([&] { return stage.text("select core::json ->> 'spec_revision' from monitor_state where monitor_id = $1", {monitor}) == "2"; }));
    failing(stage, monitor, 1, 1);
    REQUIRE(eventually([&] { return stage.count("select count(*) from result where slot = to_timestamp($1 / 1000.0)", {to_unix_ms(stage.slot(1))}) == 6; }));
    CHECK(stage.count("select count(*) from incident") == 0);

    engine.reset();
    engine = stage.engine();
    REQUIRE(eventually([&] { return ready(*engine); }));
    failing(stage, monitor, 2, 1);
    REQUIRE(eventually([&] { return stage.count("select count(*) from result where slot = to_timestamp($1 / 1000.0)", {to_unix_ms(stage.slot(2))}) == 6; }));
    CHECK(stage.count("select count(*) from incident") == 0);

    SUBCASE("by the spec that is known") { failing(stage, monitor, 3, 2); }
    SUBCASE("by a newer one, whose results are here first") {
        stage.run(kEdit, {monitor, R"({"url": "http://192.0.2.3/"})"});
        failing(stage, monitor, 3, 3);
    }
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    CHECK(stage.told_of(site) == "incident.opened");
}

}  // namespace spec_edit_test
