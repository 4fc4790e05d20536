#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tests/unit/check/http_answer.h"

namespace http_assertion_test {

using namespace sonde;
using namespace sonde::check;
using namespace sonde::test;

namespace {

Observation timed(microseconds total) {
    auto seen = answer();
    seen.phases.total = total;
    return seen;
}

Observation secured(seconds left) {
    auto seen = answer();
    seen.tls = TlsFacts{};
    seen.tls->certificate.not_after = kNow + std::chrono::duration_cast<milliseconds>(left);
    return seen;
}

constexpr seconds kDay{86'400};

}  // namespace

TEST_CASE("a response time is taken whole and to the microsecond") {
    const auto* below = R"({"on":"response_time","below_ms":500})";
    CHECK(outcome(below, timed(microseconds{0})) == "up: 0 ms");
    CHECK(outcome(below, timed(microseconds{499'999})) == "up: 499.999 ms");
    CHECK(outcome(below, timed(microseconds{500'000})) == "down too_slow: 500 ms");
    const auto slow = judged(R"({"on":"response_time","below_ms":500,"severity":"degraded"})", timed(microseconds{612'340}));
    CHECK(outcome(slow) == "degraded too_slow: 612.34 ms");
    CHECK(slow.assertion == "response_time");
    CHECK(slow.expected == "below 500 ms");
}

TEST_CASE("a header is compared whatever the case of its name and the blanks around its value") {
    const auto seen = answer("", {{"Content-Type", " application/json; charset=utf-8 \r\n"}, {"X-Empty", ""}});
    for (const auto& [assertion, expected] : {
             AssertionRow{R"({"on":"header","name":"content-type","exists":true})", R"(up: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"CONTENT-TYPE","not_exists":true})", R"(down assertion: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"X-Empty","exists":true})", R"(up: "")"},
             AssertionRow{R"({"on":"header","name":"X-Empty","equals":""})", R"(up: "")"},
             AssertionRow{R"({"on":"header","name":"X-None","exists":true})", "down assertion"},
             AssertionRow{R"({"on":"header","name":"X-None","not_exists":true})", "up"},
             AssertionRow{R"({"on":"header","name":"content-type","equals":"application/json; charset=utf-8"})", R"(up: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","equals":"application/json"})", R"(down assertion: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","not_equals":"text/html"})", R"(up: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","contains":"json"})", R"(up: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","contains":"JSON"})", R"(down assertion: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","not_contains":"json"})", R"(down assertion: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","matches":"^app.*utf-?8$"})", R"(up: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","matches":"^json"})", R"(down assertion: "application/json; charset=utf-8")"},
             AssertionRow{R"({"on":"header","name":"content-type","not_matches":"html"})", R"(up: "application/json; charset=utf-8")"},
         }) {
        CHECK_MESSAGE(outcome(assertion, seen) == expected, assertion);
    }
    const auto missing = judge(Spec{spec_of(R"({"on":"header","name":"X-None","contains":"a"})")}, seen, kNow);
    CHECK(missing.message == "header X-None is not there, must be containing \"a\"");
}

TEST_CASE("a header that is not there satisfies not_exists alone") {
    for (const auto* comparison : {R"("equals":"a")", R"("not_equals":"a")", R"("contains":"a")", R"("not_contains":"a")", R"("matches":"a")",
                                   R"("not_matches":"a")", R"("exists":true)"}) {
        CHECK_MESSAGE(outcome(R"({"on":"header","name":"X",)" + std::string(comparison) + "}", answer()) == "down assertion", comparison);
    }
}

TEST_CASE("of a header that came more than once one value is enough, and for a negation none may have it") {
    const auto seen = answer("", {{"Via", "one"}, {"via", "two"}});
    CHECK(outcome(R"({"on":"header","name":"via","equals":"two"})", seen) == R"(up: "two", one of 2)");
    CHECK(outcome(R"({"on":"header","name":"via","equals":"three"})", seen) == R"(down assertion: "one", one of 2)");
    CHECK(outcome(R"({"on":"header","name":"via","not_equals":"two"})", seen) == R"(down assertion: "two", one of 2)");
    CHECK(outcome(R"({"on":"header","name":"via","not_contains":"e,t"})", seen) == R"(up: "one", one of 2)");
}

TEST_CASE("the values of cookies are compared and never told") {
    const auto seen = answer("", {{"Set-Cookie", "session=abc"}});
    CHECK(outcome(R"({"on":"header","name":"set-cookie","contains":"session="})", seen) == "up: ***");
    CHECK(outcome(R"({"on":"header","name":"set-cookie","contains":"other"})", seen) == "down assertion: ***");
}

TEST_CASE("a certificate must have the days asked for, to the second") {
    const auto* asked = R"({"on":"certificate","days_left_at_least":20})";
    CHECK(outcome(asked, secured(20 * kDay)) == "up: 20 days left");
    CHECK(outcome(asked, secured(20 * kDay - seconds{1})) == "down tls_expired: 19 days left");
    CHECK(outcome(asked, secured(seconds{0})) == "down tls_expired: 0 days left");
    CHECK(outcome(asked, secured(-kDay)) == "down tls_expired: expired since 2027-01-14T08:00:00.000Z");
    CHECK(outcome(asked, answer()) == "down assertion");
    const auto soft = judged(R"({"on":"certificate","days_left_at_least":20,"severity":"degraded"})", secured(kDay));
    CHECK(outcome(soft) == "degraded tls_expired: 1 days left");
    CHECK(soft.expected == "at least 20 days left");
}

TEST_CASE("a verified certificate with less than a month left is a warning unless the spec says otherwise") {
    auto spec = spec_of("");
    const auto verdict = [&](const Observation& seen) { return judge(Spec{spec}, seen, kNow); };
    CHECK(verdict(secured(30 * kDay)).verdict == Verdict::up);
    CHECK(verdict(secured(30 * kDay)).assertions.size() == 2);
    const auto near = verdict(secured(14 * kDay - seconds{1}));
    CHECK(near.verdict == Verdict::degraded);
    CHECK(near.cause == FailureClass::tls_expired);
    CHECK(near.message == "certificate expires in 13 days (threshold 14)");
    CHECK(verdict(answer()).assertions.size() == 1);
    spec.certificate_warn_days.days = {3};
    CHECK(verdict(secured(4 * kDay)).verdict == Verdict::up);
    CHECK(verdict(secured(2 * kDay)).verdict == Verdict::degraded);
    spec.certificate_warn_days.days.clear();
    CHECK(verdict(secured(seconds{1})).assertions.size() == 1);
    spec.certificate_warn_days.days = {14};
    spec.tls_verify = false;
    CHECK(verdict(secured(seconds{1})).verdict == Verdict::up);
}

TEST_CASE("all assertions are reported in the order of the spec, and the first of the worst gives the class") {
    auto seen = answer("<h1>hello</h1>", {{"Server", "nginx"}});
    seen.phases.total = milliseconds{700};
    const auto judgement = judge(Spec{spec_of(R"({"on":"response_time","below_ms":500,"severity":"degraded"},{"on":"body","contains":"hello"},)"
                                              R"({"on":"json","path":"$.a","exists":true},{"on":"body","contains":"bye"},)"
                                              R"({"on":"header","name":"Server","exists":true})")},
                                 seen, kNow);
    std::string all;
    for (const auto& result : judgement.assertions) all += result.assertion + " | " + result.expected + " | " + outcome(result) + '\n';
    CHECK(all ==
          "status | 200-299 | up: 200\n"
          "response_time | below 500 ms | degraded too_slow: 700 ms\n"
          "body | containing \"hello\" | up: text with it at byte 4\n"
          "json $.a | there | down assertion: in a body that is not valid JSON near byte 1\n"
          "body | containing \"bye\" | down body_mismatch: \"<h1>hello</h1>\" (14 bytes)\n"
          "header Server | there | up: \"nginx\"\n");
    CHECK(judgement.verdict == Verdict::down);
    CHECK(judgement.cause == FailureClass::assertion);
    CHECK(judgement.message == "json $.a is in a body that is not valid JSON near byte 1, must be there");
}

TEST_CASE("what an assertion comes to depends neither on the others nor on their order, and the verdict is the worst") {
    auto spec = spec_of(R"({"on":"body","contains":"ok"},{"on":"body","not_matches":"o.","severity":"degraded"},{"on":"json","path":"$.a","equals":1},)"
                        R"({"on":"json","path":"$..*","not_equals":2,"severity":"degraded"},{"on":"header","name":"A","matches":"x"},)"
                        R"({"on":"response_time","below_ms":5},{"on":"json","path":"$.s","contains":"k"})");
    auto seen = answer(R"({"a":1.0,"s":"ok","two":2})", {{"A", "axe"}});
    seen.phases.total = milliseconds{4};
    std::vector<std::string> alone;
    for (const auto& assertion : spec.assertions) {
        HttpSpec one;
        one.assertions = {assertion};
        alone.push_back(outcome(judge(Spec{one}, seen, kNow).assertions.back()));
    }
    std::vector<std::size_t> order(spec.assertions.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937 random(1);
    for (int round = 0; round < 100; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        const auto some = 1 + random() % order.size();
        HttpSpec shuffled;
        for (std::size_t i = 0; i < some; ++i) shuffled.assertions.push_back(spec.assertions[order[i]]);
        const auto judgement = judge(Spec{shuffled}, seen, kNow);
        REQUIRE(judgement.assertions.size() == some + 1);
        auto worst = Verdict::up;
        for (std::size_t i = 0; i < some; ++i) {
            const auto& result = judgement.assertions[i + 1];
            CHECK(outcome(result) == alone[order[i]]);
            worst = std::max(worst, result.verdict);  // none is unknown here
        }
        CHECK(judgement.verdict == worst);
    }
}

}  // namespace http_assertion_test
