#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace limits_test {

using namespace sonde;
using namespace std::string_literals;
using Kind = jsonpath::EvaluationError::Kind;

namespace {

std::string repeated(const std::string& text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

// The kind of an evaluation's error; "done" if there is none.
std::string outcome(const std::string& query, const std::string& document, jsonpath::Limits limits = {}) {
    const auto parsed = *jsonpath::read_document(document, {.bytes = 16 << 20, .depth = 1000});
    const auto nodes = jsonpath::Path::compile(query)->select(parsed, limits);
    return nodes ? "done" : std::string{name_of(nodes.error().kind)};
}

}  // namespace

TEST_CASE("a query is as long as it may be, and no longer") {
    CHECK(test::wrong_at("$." + std::string(jsonpath::kMaxQueryBytes - 2, 'a')) == 0);
    CHECK(test::selected("$." + std::string(jsonpath::kMaxQueryBytes - 1, 'a'), "1") == "1: the query is longer than 4096 bytes");
}

TEST_CASE("a query is nested as deep as it may be, and no deeper, whatever it is nested in") {
    const auto parentheses = [](std::size_t n) { return "$[?" + std::string(n, '(') + "@" + std::string(n, ')') + "]"; };
    CHECK(test::wrong_at(parentheses(31)) == 0);
    CHECK(test::selected(parentheses(32), "1") == "35: the query is nested deeper than 32 levels");
    CHECK(test::wrong_at("$" + repeated("[?@", 32) + std::string(32, ']')) == 0);
    CHECK(test::wrong_at("$" + repeated("[?@", 33) + std::string(33, ']')) == 99);
    CHECK(test::wrong_at("$[?" + repeated("length(", 31) + "@" + std::string(31, ')') + "==1]") == 0);
    CHECK(test::wrong_at("$[?" + repeated("length(", 32) + "@" + std::string(32, ')') + "==1]") > 0);
    CHECK(test::wrong_at("$[?" + repeated("!(", 40) + "@" + std::string(40, ')') + "]") > 0);
    // Long is not deep.
    CHECK(test::wrong_at("$[?@" + repeated("||@", 1000) + "]") == 0);
    CHECK(test::wrong_at("$" + repeated("[0]", 1000)) == 0);
}

TEST_CASE("filters of descendants in filters of descendants run into the limit on a document made for it") {
    const auto wide = "[" + repeated("[1],", 5000) + "1]";
    CHECK(outcome("$..[?$..[?$..[?@==2]]]", wide) == "too_many_steps");
    CHECK(outcome("$[?count($..*)>1]", wide) == "too_many_steps");
    CHECK(outcome("$..[?@==1]", wide) == "done");
}

TEST_CASE("descendants of descendants of a deep document run into the limit") {
    const auto deep = std::string(900, '[') + std::string(900, ']');
    CHECK(outcome("$..*..*..*", deep) != "done");
    CHECK(outcome("$..*", deep) == "done");
}

TEST_CASE("duplicates that multiply run into the limit of nodes") {
    CHECK(outcome("$" + repeated("[0,0]", 40), std::string(40, '[') + std::string(40, ']')) == "too_many_nodes");
    CHECK(outcome("$[*]", "[1,2,3]", {.nodes = 3}) == "done");
    CHECK(outcome("$[*]", "[1,2,3,4]", {.nodes = 3}) == "too_many_nodes");
    CHECK(outcome("$[?count(@[*])>1]", "[[1,2,3,4]]", {.nodes = 3}) == "too_many_nodes");
}

TEST_CASE("searching objects, comparing and matching cost steps too") {
    std::string object = "{";
    for (int i = 0; i < 20'000; ++i) object += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    object += "\"a\":[" + repeated("0,", 5000) + "0]}";
    CHECK(outcome("$.a[?@ == $.z]", object) == "too_many_steps");
    CHECK(outcome("$.a[?$ == $]", object) == "too_many_steps");
    CHECK(outcome("$.k19999", object) == "done");
    const auto texts = "[" + repeated("\"" + std::string(1000, 'a') + "\",", 5000) + "0]";
    CHECK(outcome("$[?search(@, '(a|b)*c(a|b){50}d')]", texts) == "too_many_steps");
    CHECK(outcome("$[?search(@, 'b')]", texts) == "done");
}

TEST_CASE("many patterns from the document cost steps, and one that is too large ends the evaluation") {
    std::string patterns = "[";
    for (int i = 0; i < 5000; ++i) patterns += "\"a" + std::to_string(i) + "\",";
    CHECK(outcome("$[?match('a', @)]", patterns + "0]") == "too_many_steps");
    CHECK(outcome("$[?match('a', @)]", R"(["a","[",0])") == "done");
    std::string large = "[";
    for (int i = 0; i < 50; ++i) large += R"("(\\p{L}|\\p{N}){50})" + std::to_string(i) + "\",";
    CHECK(outcome("$[?match('a', @)]", large + "0]") == "too_many_steps");
    CHECK(outcome("$[?match('a', @)]", "[\"" + std::string(1025, 'a') + "\"]") == "pattern_beyond_us");
    CHECK(outcome("$[?match('a', @)]", R"(["((a{100}){100}){100}"])") == "pattern_beyond_us");
}

TEST_CASE("a literal pattern that is too large is refused with the query") {
    CHECK(test::wrong_at("$[?match(@, '((a{100}){100}){100}')]") == 13);
    CHECK(test::selected("$[?match(@, 'a{1001}')]", "1") == "13: the pattern is not usable: a repetition of more than 1000");
    CHECK(test::wrong_at("$[?match(@, '" + std::string(1025, 'a') + "')]") == 13);
    CHECK(test::wrong_at("$[?match(@, '" + std::string(1024, 'a') + "')]") == 0);
}

TEST_CASE("an error of an evaluation says which limit it was") {
    const auto document = *jsonpath::read_document("[1,2,3]");
    CHECK(jsonpath::Path::compile("$[*]")->select(document, {.steps = 2}).error().message == "the query takes more than 2 steps");
    CHECK(jsonpath::Path::compile("$[*]")->select(document, {.nodes = 2}).error().message == "the query yields more than 2 nodes");
}

}  // namespace limits_test
