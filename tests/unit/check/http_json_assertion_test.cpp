#include <doctest/doctest.h>

#include "tests/unit/check/http_answer.h"

namespace http_json_assertion_test {

using namespace sonde;
using namespace sonde::check;
using namespace sonde::test;

namespace {

const auto* const kBody =
    R"({"status":"ok","count":1,"ratio":1.0,"big":9007199254740993,"none":null,"yes":true,"tags":["a","b"],"deep":{"x":[1,{"y":2}]},)"
    R"("checks":[{"name":"db","ok":true,"ms":5},{"name":"cache","ok":false,"ms":50}],"n":"1"})";

std::string of_path(const std::string& path, const std::string& comparison, const char* body = kBody) {
    return outcome(R"({"on":"json","path":")" + path + "\"," + comparison + "}", answer(body));
}

}  // namespace

TEST_CASE("one node is compared by its type and its value") {
    struct Row {
        const char* path;
        const char* comparison;
        const char* outcome;
    };
    for (const auto& row : {
             Row{"$.status", R"("exists":true)", R"(up: "ok")"},
             Row{"$.none", R"("exists":true)", "up: null"},
             Row{"$.missing", R"("exists":true)", "down assertion"},
             Row{"$.missing", R"("not_exists":true)", "up"},
             Row{"$.status", R"("not_exists":true)", R"(down assertion: "ok")"},
             Row{"$.status", R"("equals":"ok")", R"(up: "ok")"},
             Row{"$.status", R"("equals":"OK")", R"(down assertion: "ok")"},
             Row{"$.count", R"("equals":1)", "up: 1"},
             Row{"$.count", R"("equals":1.0)", "up: 1"},
             Row{"$.ratio", R"("equals":1)", "up: 1.0"},
             Row{"$.count", R"("equals":"1")", "down assertion: 1"},
             Row{"$.n", R"("equals":1)", R"(down assertion: "1")"},
             Row{"$.count", R"("not_equals":"1")", "up: 1"},
             Row{"$.count", R"("equals":true)", "down assertion: 1"},
             Row{"$.yes", R"("equals":true)", "up: true"},
             Row{"$.yes", R"("not_equals":true)", "down assertion: true"},
             Row{"$.none", R"("equals":null)", "up: null"},
             Row{"$.none", R"("equals":false)", "down assertion: null"},
             Row{"$.missing", R"("equals":null)", "down assertion"},
             Row{"$.missing", R"("not_equals":1)", "down assertion"},
             Row{"$.big", R"("equals":9007199254740993)", "up: 9007199254740993"},
             Row{"$.big", R"("equals":9007199254740992)", "down assertion: 9007199254740993"},
             Row{"$.tags", R"("equals":["a","b"])", R"(up: ["a","b"])"},
             Row{"$.tags", R"("equals":["b","a"])", R"(down assertion: ["a","b"])"},
             Row{"$.deep", R"("equals":{"x":[1.0,{"y":2}]})", R"(up: {"x":[1,{"y":2}]})"},
             Row{"$.count", R"("below":2)", "up: 1"},
             Row{"$.count", R"("below":1)", "down assertion: 1"},
             Row{"$.count", R"("at_most":1)", "up: 1"},
             Row{"$.count", R"("at_most":0.5)", "down assertion: 1"},
             Row{"$.count", R"("above":0.99)", "up: 1"},
             Row{"$.count", R"("above":1)", "down assertion: 1"},
             Row{"$.count", R"("at_least":1)", "up: 1"},
             Row{"$.count", R"("at_least":2)", "down assertion: 1"},
             Row{"$.n", R"("at_least":1)", R"(down assertion: "1")"},
             Row{"$.status", R"("above":"oj")", R"(up: "ok")"},
             Row{"$.yes", R"("above":0)", "down assertion: true"},
             Row{"$.status", R"("contains":"k")", R"(up: "ok")"},
             Row{"$.status", R"("contains":"x")", R"(down assertion: "ok")"},
             Row{"$.status", R"("not_contains":"x")", R"(up: "ok")"},
             Row{"$.status", R"("matches":"^(ok|up)$")", R"(up: "ok")"},
             Row{"$.status", R"("matches":"^k")", R"(down assertion: "ok")"},
             Row{"$.status", R"("not_matches":"fail")", R"(up: "ok")"},
             Row{"$.count", R"("contains":"1")", "down assertion: 1"},
             Row{"$.count", R"("matches":"1")", "down assertion: 1"},
             Row{"$.count", R"("not_contains":"1")", "up: 1"},
             Row{"$.missing", R"("not_contains":"1")", "down assertion"},
         }) {
        CHECK_MESSAGE(of_path(row.path, row.comparison) == row.outcome, row.path << " " << row.comparison);
    }
}

TEST_CASE("of several nodes each must satisfy, and the first that does not is shown") {
    CHECK(of_path("$.checks[*].ok", R"("equals":true)") == "down assertion: false, one of 2 nodes");
    CHECK(of_path("$.checks[*].ms", R"("below":100)") == "up: 5, one of 2 nodes");
    CHECK(of_path("$.checks[*].ms", R"("below":10)") == "down assertion: 50, one of 2 nodes");
    CHECK(of_path("$.checks[*].name", R"("not_equals":"queue")") == R"(up: "db", one of 2 nodes)");
    CHECK(of_path("$.checks[*].name", R"("not_equals":"cache")") == R"(down assertion: "cache", one of 2 nodes)");
    CHECK(of_path("$.checks[*].name", R"("not_matches":"^c")") == R"(down assertion: "cache", one of 2 nodes)");
    CHECK(of_path("$.checks[?@.ok == false]", R"("not_exists":true)") == R"(down assertion: {"name":"cache","ok":false,"ms":50})");
    CHECK(of_path("$.checks[?@.ms > 60]", R"("not_exists":true)") == "up");
    CHECK(of_path("$.checks[?@.ms > 60].ok", R"("equals":true)") == "down assertion");
}

TEST_CASE("a body that is not JSON satisfies nothing, and why is told") {
    const auto deep = std::string(2000, '[') + std::string(2000, ']');
    struct Row {
        std::string body;
        const char* found;
    };
    for (const auto& row : {Row{"", "in a body that is not valid JSON near byte 1"}, Row{"<html>", "in a body that is not valid JSON near byte 1"},
                            Row{R"({"a":1)", "in a body that is not valid JSON near byte 7"}, Row{"{\"a\":\"\xff\"}", "in a body that is not valid JSON near byte 7"},
                            Row{"{\"a\":1}x", "in a body that is not valid JSON near byte 8"}, Row{"1e999", "in a body that has a number out of range"},
                            Row{deep, "in a body that is nested deeper than 1000 levels"}}) {
        for (const auto* comparison : {R"("exists":true)", R"("not_exists":true)", R"("not_equals":1)"}) {
            CHECK(of_path("$.a", comparison, row.body.c_str()) == std::string("down assertion: ") + row.found);
        }
    }
}

TEST_CASE("large nodes are shown by what they are") {
    std::string list = "[";
    for (int i = 0; i < 500; ++i) list += (i == 0 ? "" : ",") + std::to_string(i);
    CHECK(of_path("$", R"("equals":1)", (list + "]").c_str()) == "down assertion: an array with 500 elements");
    const auto text = "{\"a\":\"" + std::string(500, 'x') + "\"}";
    CHECK(of_path("$", R"("equals":1)", text.c_str()) == "down assertion: an object with 1 members");
    CHECK(of_path("$.a", R"("equals":1)", text.c_str()) == "down assertion: \"" + std::string(100, 'x') + "\xe2\x80\xa6\"");
}

TEST_CASE("a query that takes too long leaves open what it asked, and nothing else") {
    std::string list = "[";
    for (int i = 0; i < 2500; ++i) list += i == 0 ? "0" : ",0";
    const auto judgement = judge(Spec{spec_of(R"({"on":"json","path":"$[?count($[?@ == 1]) == 0]","exists":true},{"on":"json","path":"$[0]","equals":0})")},
                                 answer(list + "]"), kNow);
    CHECK(outcome(judgement.assertions[1]) == "unknown agent_error: not found out: the query takes more than 2000000 steps");
    CHECK(outcome(judgement.assertions[2]) == "up: 0");
    CHECK(judgement.verdict == Verdict::unknown);
}

}  // namespace http_json_assertion_test
