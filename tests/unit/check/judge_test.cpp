#include "lib/check/judge.h"

#include <doctest/doctest.h>

namespace judge_test {

using namespace sonde;
using namespace sonde::check;

namespace {

Observation answer(int status) {
    Observation seen;
    seen.facts<HttpFacts>().status = status;
    return seen;
}

Observation failure(FailureClass cause) {
    Observation seen;
    seen.failure = {cause, "what happened", Phase::connect};
    return seen;
}

}  // namespace

TEST_CASE("an answer is up exactly if its status is accepted") {
    struct Row {
        const char* accept;
        int status;
        Verdict verdict;
    };
    for (const auto& row :
         {Row{"200-299", 200, Verdict::up}, Row{"200-299", 204, Verdict::up}, Row{"200-299", 199, Verdict::down},
          Row{"200-299", 301, Verdict::down}, Row{"200-299", 500, Verdict::down}, Row{"404", 404, Verdict::up},
          Row{"404", 200, Verdict::down}, Row{"200,301-302", 302, Verdict::up}, Row{"200-299", 999, Verdict::down}}) {
        HttpSpec spec;
        spec.accept_status = *StatusSet::parse(row.accept);
        const auto judged = judge(Spec{spec}, answer(row.status), TimePoint{});
        CHECK_MESSAGE(judged.verdict == row.verdict, row.accept << " " << row.status);
        CHECK(judged.cause == (row.verdict == Verdict::up ? FailureClass::none : FailureClass::http_status));
        CHECK(judged.message.empty() == (row.verdict == Verdict::up));
    }
    CHECK(judge(Spec{HttpSpec{}}, answer(503), TimePoint{}).message == "status is 503, must be 200-299");
}

TEST_CASE("a failure is down with its class, and unknown where the agent is at fault") {
    for (std::size_t i = 1; i < EnumNames<FailureClass>::names.size(); ++i) {
        const auto cause = static_cast<FailureClass>(i);
        const auto judged = judge(Spec{HttpSpec{}}, failure(cause), TimePoint{});
        CHECK(judged.verdict == (name_of(cause).starts_with("agent_") ? Verdict::unknown : Verdict::down));
        CHECK(judged.cause == cause);
        CHECK(judged.message == "what happened");
    }
}

TEST_CASE("a failure outweighs whatever status was seen before it") {
    auto seen = failure(FailureClass::timeout_total);
    seen.facts<HttpFacts>().status = 200;
    CHECK(judge(Spec{HttpSpec{}}, seen, TimePoint{}).verdict == Verdict::down);
}

TEST_CASE("a body cut off at its limit does not make an accepted answer bad") {
    auto seen = answer(200);
    seen.facts<HttpFacts>().body_truncated = true;
    CHECK(judge(Spec{HttpSpec{}}, seen, TimePoint{}).verdict == Verdict::up);
}

TEST_CASE("a probe that reports nothing at all is the agent's fault, never the target's") {
    const auto judged = judge(Spec{HttpSpec{}}, Observation{}, TimePoint{});
    CHECK(judged.verdict == Verdict::unknown);
    CHECK(judged.cause == FailureClass::agent_error);
}

TEST_CASE("all assertions are reported, and the first of the worst ones gives the verdict") {
    auto judgement = all_well();
    judgement.add({"a", "x", "x", Verdict::up, FailureClass::none});
    CHECK(judgement.verdict == Verdict::up);
    CHECK(judgement.message.empty());
    judgement.add({"b", "below 5 ms", "7 ms", Verdict::degraded, FailureClass::too_slow});
    CHECK(judgement.verdict == Verdict::degraded);
    CHECK(judgement.message == "b is 7 ms, must be below 5 ms");
    judgement.add({"c", "contains \"ok\"", "", Verdict::down, FailureClass::body_mismatch});
    judgement.add({"d", "1", "2", Verdict::down, FailureClass::assertion});
    CHECK(judgement.verdict == Verdict::down);
    CHECK(judgement.cause == FailureClass::body_mismatch);
    CHECK(judgement.message == "c is not there, must be contains \"ok\"");
    REQUIRE(judgement.assertions.size() == 4);
    CHECK(write_assertions(judgement)[3]["class"] == "assertion");
}

}  // namespace judge_test
