#include <doctest/doctest.h>

#include "tests/unit/check/http_answer.h"

namespace http_body_assertion_test {

using namespace sonde;
using namespace sonde::check;
using namespace sonde::test;

TEST_CASE("a body is compared as the bytes it is") {
    const auto seen = answer("status: ok\nuptime: 5 days\n");
    for (const auto& [assertion, expected] : {
             AssertionRow{R"({"on":"body","contains":"uptime"})", "up: text with it at byte 11"},
             AssertionRow{R"({"on":"body","contains":"ok\nup"})", "up: text with it at byte 8"},
             AssertionRow{R"({"on":"body","contains":"OK"})", R"(down body_mismatch: "status: ok\nuptime: 5 days\n" (26 bytes))"},
             AssertionRow{R"({"on":"body","not_contains":"error"})", R"(up: "status: ok\nuptime: 5 days\n" (26 bytes))"},
             AssertionRow{R"({"on":"body","not_contains":"ok"})", "down body_mismatch: text with it at byte 8"},
             AssertionRow{R"({"on":"body","matches":"uptime: \\d+ days"})", "up: text that matches"},
             AssertionRow{R"({"on":"body","matches":"^uptime"})", R"(down body_mismatch: "status: ok\nuptime: 5 days\n" (26 bytes))"},
             AssertionRow{R"({"on":"body","matches":"(?m)^uptime"})", "up: text that matches"},
             AssertionRow{R"({"on":"body","not_matches":"(?i)ERROR"})", R"(up: "status: ok\nuptime: 5 days\n" (26 bytes))"},
             AssertionRow{R"({"on":"body","not_matches":"(?i)OK"})", "down body_mismatch: text that matches"},
             AssertionRow{R"({"on":"body","equals":"status: ok\nuptime: 5 days\n"})", R"(up: "status: ok\nuptime: 5 days\n" (26 bytes))"},
             AssertionRow{R"({"on":"body","equals":"status: ok"})", R"(down body_mismatch: "status: ok\nuptime: 5 days\n" (26 bytes))"},
             AssertionRow{R"({"on":"body","not_equals":"no"})", R"(up: "status: ok\nuptime: 5 days\n" (26 bytes))"},
         }) {
        CHECK_MESSAGE(outcome(assertion, seen) == expected, assertion);
    }
    CHECK(outcome(R"({"on":"body","equals":""})", answer()) == "up: empty");
    CHECK(outcome(R"({"on":"body","contains":"a"})", answer()) == "down body_mismatch: empty");
    CHECK(judged(R"({"on":"body","not_matches":"a|b"})", seen).expected == R"(not matching "a|b")");
}

TEST_CASE("bytes that are no text are looked at and shown clean") {
    const auto seen = answer(std::string("\xff\xfe ok \0 \xc3", 9));
    CHECK(outcome(R"({"on":"body","contains":"ok"})", seen) == "up: text with it at byte 3");
    CHECK(outcome(R"({"on":"body","matches":"o."})", seen) == "up: text that matches");
    CHECK(outcome(R"({"on":"body","contains":"x"})", seen) == "down body_mismatch: \"\xef\xbf\xbd\xef\xbf\xbd ok   \xef\xbf\xbd\" (9 bytes)");
}

TEST_CASE("of a body that was cut off only what is settled is judged") {
    const auto seen = cut_off("status: ok, and");
    for (const auto& [assertion, expected] : {
             AssertionRow{R"({"on":"body","contains":"ok"})", "up: text with it at byte 8"},
             AssertionRow{R"({"on":"body","contains":"more"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","not_contains":"ok"})", "down body_mismatch: text with it at byte 8"},
             AssertionRow{R"({"on":"body","not_contains":"error"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"-({"on":"body","matches":"^status: (ok|up)"})-", "up: text that matches"},
             AssertionRow{R"({"on":"body","matches":"more"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","not_matches":"ok"})", "down body_mismatch: text that matches"},
             AssertionRow{R"({"on":"body","not_matches":"error"})", "down body_too_large: cut off after 15 bytes"},
             // It ends where we stopped, not where the body does.
             AssertionRow{R"({"on":"body","matches":"and$"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","matches":"and\\z"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","matches":"and\\b"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","not_matches":"an\\B"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","equals":"status: ok, and"})", "down body_mismatch: \"status: ok, and\" (15 bytes)"},
             AssertionRow{R"({"on":"body","equals":"status"})", "down body_mismatch: \"status: ok, and\" (15 bytes)"},
             AssertionRow{R"({"on":"body","equals":"status: ok, and so on"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","equals":"quite another thing"})", "down body_mismatch: \"status: ok, and\" (15 bytes)"},
             AssertionRow{R"({"on":"body","not_equals":"status: ok, and"})", "up: \"status: ok, and\" (15 bytes)"},
             AssertionRow{R"({"on":"body","not_equals":"status: ok, and so on"})", "down body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"body","contains":"more","severity":"degraded"})", "degraded body_too_large: cut off after 15 bytes"},
             AssertionRow{R"({"on":"json","path":"$","exists":true})", "down body_too_large: in a body cut off after 15 bytes"},
             AssertionRow{R"({"on":"json","path":"$.a","not_exists":true})", "down body_too_large: in a body cut off after 15 bytes"},
         }) {
        CHECK_MESSAGE(outcome(assertion, seen) == expected, assertion);
    }
    // Even what is JSON as far as it goes.
    CHECK(outcome(R"({"on":"json","path":"$","equals":12})", cut_off("12")) == "down body_too_large: in a body cut off after 2 bytes");
    CHECK(judge(Spec{spec_of(R"({"on":"body","contains":"more"})")}, seen, kNow).message ==
          "body is cut off after 15 bytes, must be containing \"more\"");
}

TEST_CASE("a body of which the probe kept a part only is one that was cut off") {
    auto seen = answer("some");
    seen.facts<HttpFacts>().body_bytes = 5000;
    CHECK(outcome(R"({"on":"body","contains":"more"})", seen) == "down body_too_large: cut off after 4 bytes");
}

TEST_CASE("long texts are shown by their beginning, whole characters only") {
    std::string long_text;
    for (int i = 0; i < 1000; ++i) long_text += "\xc3\xa9";
    const auto result = judged(R"({"on":"body","contains":"x)" + std::string(1000, 'y') + "\"}", answer("a" + long_text));
    CHECK(result.found.size() < 130);
    CHECK(result.found.ends_with("\xc3\xa9\xe2\x80\xa6\" (2001 bytes)"));
    CHECK(result.expected.size() < 230);
    CHECK(result.expected.ends_with("y\xe2\x80\xa6\""));
}

TEST_CASE("what would take too long is not found out, and nobody's fault") {
    const std::string body(10 << 20, 'a');
    std::string many;
    for (int i = 0; i < 50; ++i) many += (i == 0 ? "" : ",") + std::string(R"({"on":"body","matches":"[a-z]{300}0"})");
    const auto judgement = judge(Spec{spec_of(many)}, answer(body), kNow);
    REQUIRE(judgement.assertions.size() == 51);
    CHECK(outcome(judgement.assertions.back()) == "unknown agent_error: not found out: all assertions together look at too much text");
    CHECK(judgement.verdict == Verdict::unknown);
}

}  // namespace http_body_assertion_test
