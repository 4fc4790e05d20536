#include "probe-agent/work/judge_thread.h"

#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/agent/turn.h"

namespace judge_thread_test {

using namespace sonde;
using namespace sonde::agent;

namespace {

std::shared_ptr<const Target> target() {
    const auto made = read_target(check::Kind::http, R"({"url":"http://a.test/","assertions":[{"on":"body","contains":"ok"}]})");
    REQUIRE(made);
    return *made;
}

check::Observation with_body(std::string body) {
    check::Observation seen;
    seen.facts<check::HttpFacts>().status = 200;
    seen.facts<check::HttpFacts>().body = std::move(body);
    return seen;
}

}  // namespace

TEST_CASE("what is judged on the thread comes back to the loop in its order, judged as it would be here") {
    uv::Loop loop;
    JudgeThread judge(loop);
    std::string verdicts;
    const auto loop_thread = std::this_thread::get_id();
    for (const auto* body : {"ok", "no", "oh ok", "o"}) {
        judge.judge(target(), with_body(body), TimePoint{}, [&](const check::Observation& seen, const check::Judgement& judgement) {
            CHECK(std::this_thread::get_id() == loop_thread);
            const auto here = check::judge(target()->spec, seen, TimePoint{});
            CHECK(judgement.message == here.message);
            verdicts += std::string(name_of(judgement.verdict)) + ' ';
        });
    }
    CHECK(verdicts.empty());
    CHECK(test::turn_until(loop, [&] { return verdicts == "up down up down "; }));
}

TEST_CASE("nothing is told once it is gone, even what was judged before") {
    uv::Loop loop;
    bool told = false;
    {
        JudgeThread judge(loop);
        for (int i = 0; i < 100; ++i) {
            judge.judge(target(), with_body("ok"), TimePoint{}, [&](const check::Observation&, const check::Judgement&) { told = true; });
        }
    }
    test::turn(loop);
    CHECK(!told);
}

TEST_CASE("only an answer whose body is asked about is laborious") {
    const auto asks = target()->spec;
    CHECK(check::is_laborious(asks, with_body("ok")));
    CHECK(!check::is_laborious(asks, with_body("")));
    CHECK(!check::is_laborious(asks, check::Observation{}));
    auto failed = with_body("ok");
    failed.failure.cause = check::FailureClass::reset;
    CHECK(!check::is_laborious(asks, failed));
    CHECK(!check::is_laborious(check::Spec{check::HttpSpec{}}, with_body("ok")));
}

}  // namespace judge_thread_test
