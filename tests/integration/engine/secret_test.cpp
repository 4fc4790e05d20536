// Confirmations carry what their specs need.
#include <doctest/doctest.h>

#include "lib/service/monitor_secrets.h"
#include "tests/integration/engine/stage.h"

namespace secret_test {

using namespace sonde;
using namespace sonde::engine::test;

TEST_CASE("a confirmation carries the secrets that the spec names") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("API"), "API");
    const auto box = crypto::SecretBox::from_key_file(stage.config.key_file);
    REQUIRE(box);
    const auto sealed = service::seal_secrets(*box, monitor, {{"KEY", Secret("hunter22")}, {"UNUSED", Secret("x")}});
    stage.run(R"(update monitor set spec = jsonb_set(spec, '{headers}', '{"X-Key": "{{secrets.KEY}}"}'), secrets = $2 where id = $1)",
              {monitor, db::Param::bytes(sealed)});
    auto engine = stage.engine();
    REQUIRE(eventually([&] { return ready(*engine); }));
    stage.round(monitor, 0, check::Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(1), .verdict = check::Verdict::down,
                   .cause = check::FailureClass::http_status}});
    REQUIRE(eventually([&] { return !stage.asked("us").empty(); }));
    const auto batch = message::read_job_batch(stage.asked("us")[0]);
    REQUIRE(batch.ok());
    REQUIRE(batch->jobs[0].secrets.size() == 1);
    CHECK(batch->jobs[0].secrets.at("KEY").reveal() == "hunter22");
}

}  // namespace secret_test
