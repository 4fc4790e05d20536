#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"

namespace refusal_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a job of a kind that is heard of fails by the agent's own fault, and says nothing of the target") {
    Bench bench;
    check::HeartbeatSpec spec;
    spec.period = seconds{60};
    const auto seen = bench.run(check::Spec{spec});
    CHECK(seen.failure.cause == check::FailureClass::agent_error);
    CHECK(check::judge(check::Spec{spec}, seen, TimePoint{}).verdict == check::Verdict::unknown);
}

}  // namespace refusal_test
