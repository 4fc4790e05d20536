#include <doctest/doctest.h>

#include "tests/unit/check/http_answer.h"

namespace http_assertion_spec_test {

using namespace sonde;
using check::HttpSpec;
using check::Kind;

namespace {

// Every problem of a spec with these assertions as `pointer: detail`, one a line.
std::string problems(const std::string& assertions, const std::string& rest = R"("url":"https://a/")") {
    const auto document = json::parse("{" + rest + ",\"assertions\":" + assertions + "}");
    REQUIRE_MESSAGE(document, assertions);
    const auto spec = check::read_spec(Kind::http, *document, "");
    if (spec) return "accepted";
    std::string lines;
    for (const auto& problem : spec.error()) lines += (lines.empty() ? "" : "\n") + problem.pointer + ": " + problem.detail;
    return lines;
}
std::string of(const std::string& assertion) { return problems("[" + assertion + "]"); }

}  // namespace

TEST_CASE("every comparison that goes with a subject is read, written as it was, and read back equal") {
    for (const auto& row : check::kComparisonFields) {
        const auto values = [&]() -> std::vector<std::string> {
            switch (row.takes) {
                case check::Operand::yes: return {"true"};
                case check::Operand::text: return {"\"a b\"", "\"\xc3\xa9/~\""};
                case check::Operand::pattern: return {"\"^a+$\"", "\"(?i)x|y\""};
                case check::Operand::any: return {"null", "false", "1", "1.0", "\"x\"", "\"\"", R"(["a",{"b":null}])"};
                case check::Operand::ordered: return {"0", "-1.5", "18446744073709551615", "\"2026-01-01\""};
                case check::Operand::milliseconds: return {"1", "120000"};
                case check::Operand::days: return {"0", "3650"};
            }
            return {};
        };
        for (const auto& value : values()) {
            for (const auto* severity : {"down", "degraded"}) {
                auto text = "{\"on\":\"" + std::string(name_of(row.on)) + '"';
                if (row.on == check::Subject::header) text += R"(,"name":"X-Key")";
                if (row.on == check::Subject::json) text += R"(,"path":"$.a[?@ == 'b']")";
                text += ",\"" + std::string(row.field) + "\":" + value + ",\"severity\":\"" + severity + "\"}";
                const auto spec = test::spec_of(text);
                REQUIRE(spec.assertions.size() == 1);
                const auto& assertion = spec.assertions[0];
                CHECK(assertion.on == row.on);
                CHECK(assertion.comparison == row.comparison);
                CHECK(assertion.path.has_value() == (row.on == check::Subject::json));
                CHECK(assertion.pattern.has_value() == (row.takes == check::Operand::pattern));
                const auto written = check::write_spec(check::Spec{spec});
                CHECK(json::dump(written["assertions"][0]) == text);
                CHECK(check::write_spec(*check::read_spec(Kind::http, written, "")) == written);
            }
        }
    }
    CHECK(test::spec_of(R"({"on":"body","contains":"a"})").assertions[0].severity == check::Assertion::Severity::down);
}

TEST_CASE("each wrong assertion is refused at its own pointer with the reason") {
    CHECK(problems("{}") == "/assertions: must be an array of at most 50 items");
    CHECK(of("7") == "/assertions/0: must be an object");
    CHECK(of("{}") == "/assertions/0: the field \"on\" is required");
    CHECK(of(R"({"on":"cookie","contains":"a"})") == R"(/assertions/0/on: must be one of "response_time", "header", "body", "json", "certificate")");
    CHECK(of(R"({"on":null})") == "/assertions/0/on: must be a string");
    CHECK(of(R"({"on":"body"})") ==
          R"(/assertions/0: needs a comparison, one of "equals", "not_equals", "contains", "not_contains", "matches", "not_matches")");
    CHECK(of(R"({"on":"response_time"})") == R"(/assertions/0: needs a comparison, one of "below_ms")");
    CHECK(of(R"({"on":"body","contains":"a","matches":"b"})") ==
          R"(/assertions/0/matches: is a second comparison beside "contains": make it an assertion of its own)");
    CHECK(of(R"({"on":"body","contains":"a","below":1})") == "/assertions/0/below: is not a field of this object");
    CHECK(of(R"({"on":"body","contains":"a","name":"x"})") == "/assertions/0/name: is not a field of this object");
    CHECK(of(R"({"on":"body","contains":"a","severity":"unknown"})") == R"(/assertions/0/severity: must be one of "down", "degraded")");
    CHECK(of(R"({"on":"body","contains":7})") == "/assertions/0/contains: must be a string");
    CHECK(of(R"({"on":"body","contains":""})") == "/assertions/0/contains: must be a string of 1 to 4096 bytes");
    CHECK(of(R"({"on":"body","contains":")" + std::string(4097, 'x') + "\"}") == "/assertions/0/contains: must be a string of 1 to 4096 bytes");
    CHECK(of(R"({"on":"body","contains":"\u0000"})") == "/assertions/0/contains: must not contain control characters");
    CHECK(of(R"({"on":"header","contains":"a"})") == "/assertions/0: the field \"name\" is required");
    CHECK(of(R"({"on":"header","name":"","exists":true})") == "/assertions/0/name: must be a string of 1 to 128 bytes");
    CHECK(of(R"({"on":"header","name":"a b","exists":true})") == "/assertions/0/name: is not a header name");
    CHECK(of(R"({"on":"header","name":"a:","exists":true})") == "/assertions/0/name: is not a header name");
    CHECK(of(R"({"on":"header","name":"A","contains":"a\nb"})") == "/assertions/0/contains: must not contain control characters");
    CHECK(of(R"({"on":"header","name":"A","exists":false})") == "/assertions/0/exists: must be true; its opposite is a comparison of its own");
    CHECK(of(R"({"on":"json","path":"$.a","not_exists":1})") == "/assertions/0/not_exists: must be true; its opposite is a comparison of its own");
    CHECK(of(R"({"on":"json","exists":true})") == "/assertions/0: the field \"path\" is required");
    CHECK(of(R"({"on":"json","path":"$.a","equals":["\u0000"]})") == "/assertions/0/equals: must not contain U+0000");
    CHECK(of(R"({"on":"json","path":"$.a","equals":{"\u0000":1}})") == "/assertions/0/equals: must not contain U+0000");
    CHECK(of(R"({"on":"json","path":"$.a","below":"\u0000"})") == "/assertions/0/below: must be a number or a string");
    CHECK(of(R"({"on":"json","path":"$.a","below":true})") == "/assertions/0/below: must be a number or a string");
    CHECK(of(R"({"on":"json","path":"$.a","below":null})") == "/assertions/0/below: must be a number or a string");
    CHECK(of(R"({"on":"response_time","below_ms":0})") == "/assertions/0/below_ms: must be a whole number from 1 to 120000");
    CHECK(of(R"({"on":"response_time","below_ms":1.5})") == "/assertions/0/below_ms: must be a whole number from 1 to 120000");
    CHECK(of(R"({"on":"certificate","days_left_at_least":3651})") == "/assertions/0/days_left_at_least: must be a whole number from 0 to 3650");
}

TEST_CASE("a path or a pattern that does not compile is refused with the column") {
    CHECK(of(R"({"on":"body","matches":"ab(c"})") == "/assertions/0/matches: is not a regular expression, at column 5: missing ): ab(c");
    CHECK(of(R"-({"on":"header","name":"A","not_matches":"a(?=b)"})-") ==
          "/assertions/0/not_matches: is not a regular expression, at column 2: invalid perl operator: (?=");
    CHECK(of(R"({"on":"json","path":"$.a","matches":"[z-a]"})") ==
          "/assertions/0/matches: is not a regular expression, at column 2: invalid character class range: z-a");
    CHECK(of(R"({"on":"body","matches":")" + std::string(1025, 'x') + "\"}") == "/assertions/0/matches: must be a string of 1 to 1024 bytes");
    const auto path = of(R"({"on":"json","path":"$.a[","exists":true})");
    CHECK_MESSAGE(path.starts_with("/assertions/0/path: is not a JSONPath, at column 5: "), path);
    const auto pattern = of(R"({"on":"json","path":"$[?match(@.a, '[z-a]')]","exists":true})");
    CHECK_MESSAGE(pattern.starts_with("/assertions/0/path: has a pattern that nothing can match, at column "), pattern);
}

TEST_CASE("no mistake hides another, and each is counted in the array as it stands") {
    CHECK(problems(R"([{"on":"body","contains":"fine"},{"on":"body"},{"on":"json","path":7,"equals":1,"colour":2}])") ==
          "/assertions/1: needs a comparison, one of \"equals\", \"not_equals\", \"contains\", \"not_contains\", \"matches\", \"not_matches\"\n"
          "/assertions/2/path: must be a string\n"
          "/assertions/2/colour: is not a field of this object");
}

TEST_CASE("what an answer can never show is refused") {
    const auto* body = R"([{"on":"body","contains":"a"}])";
    const auto* json = R"([{"on":"json","path":"$","exists":true}])";
    const auto* certificate = R"([{"on":"certificate","days_left_at_least":5}])";
    CHECK(problems(body, R"("url":"http://a/","method":"HEAD")") == "/assertions/0/on: has nothing to look at: an answer to HEAD has no body");
    CHECK(problems(json, R"("url":"http://a/","method":"HEAD")") == "/assertions/0/on: has nothing to look at: an answer to HEAD has no body");
    CHECK(problems(json, R"("url":"http://a/","max_body_bytes":0)") == "/assertions/0/on: has nothing to look at: max_body_bytes is 0");
    CHECK(problems(certificate, R"("url":"http://a/","follow_redirects":false)") == "/assertions/0/on: has nothing to look at: the url is not https");
    CHECK(problems(certificate, R"("url":"http://a/")") == "accepted");
    CHECK(problems(R"([{"on":"header","name":"A","exists":true}])", R"("url":"http://a/","method":"HEAD","max_body_bytes":0)") == "accepted");
}

TEST_CASE("assertions are bounded in number and in total size") {
    const auto many = [](int count, const std::string& one) {
        std::string text = "[";
        for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + one;
        return text + "]";
    };
    CHECK(problems(many(50, R"({"on":"body","contains":"a"})")) == "accepted");
    CHECK(problems(many(51, R"({"on":"body","contains":"a"})")) == "/assertions: must be an array of at most 50 items");
    CHECK(problems(many(4, R"({"on":"body","contains":")" + std::string(4090, 'x') + "\"}")) == "accepted");
    CHECK(problems(many(5, R"({"on":"body","contains":")" + std::string(4090, 'x') + "\"}")) ==
          "/assertions: must not be longer than 16384 bytes together");
}

TEST_CASE("the body is needed by what looks at it only") {
    CHECK(!check::needs_body(HttpSpec{}));
    CHECK(!check::needs_body(test::spec_of(R"({"on":"header","name":"A","exists":true},{"on":"certificate","days_left_at_least":1},{"on":"response_time","below_ms":9})")));
    CHECK(check::needs_body(test::spec_of(R"({"on":"header","name":"A","exists":true},{"on":"body","contains":"a"})")));
    CHECK(check::needs_body(test::spec_of(R"({"on":"json","path":"$","exists":true})")));
}

}  // namespace http_assertion_spec_test
