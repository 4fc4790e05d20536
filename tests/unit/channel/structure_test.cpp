#include "lib/channel/structure.h"

#include <doctest/doctest.h>

#include "lib/base/utf8.h"

namespace structure_test {

using namespace sonde;
using namespace sonde::channel;

namespace {

std::string made(const char* structure, const Json& values) {
    const auto read = json::parse(structure);
    REQUIRE(read.ok());
    CHECK(mistakes_of(*read).empty());
    const auto result = filled(*read, {values, values});
    if (!result) return "error: " + result.error().message;
    return *result ? json::dump(**result) : "nothing";
}

}  // namespace

TEST_CASE("a structure is filled in, and what is not wanted is left out") {
    const Json values = {{"title", "T"}, {"none", ""}, {"n", 5}, {"tone", "major"},
                         {"facts", {{{"name", "a"}, {"value", "1"}}, {{"name", "b"}, {"value", "2"}}}}, {"config", {{"flag", true}}}};
    CHECK(made(R"({"a": "{{title}}!", "b": 7, "c": [true, null]})", values) == R"({"a":"T!","b":7,"c":[true,null]})");
    CHECK(made(R"({"a": {"$when": "none", "$value": "x"}, "b": {"$unless": "none", "$value": "y"}, "c": [{"$when": "none", "d": 1}, {"$when": "title", "d": 2}]})", values) ==
          R"({"b":"y","c":[{"d":2}]})");
    CHECK(made(R"([0, {"$each": "facts", "$item": {"{{name}}": 0, "n": "{{name}}={{value}} of {{title}}"}}, 9])", values) ==
          R"([0,{"{{name}}":0,"n":"a=1 of T"},{"{{name}}":0,"n":"b=2 of T"},9])");
    CHECK(made(R"([{"$each": "facts", "$most": 1, "$item": "{{value}}"}])", values) == R"(["1"])");
    CHECK(made(R"({"a": {"$pick": "tone", "critical": 1, "major": 2, "$else": 3}, "b": {"$pick": "title", "x": 1, "$else": "{{n}}"}, "c": {"$pick": "title", "x": 1}})", values) ==
          R"({"a":2,"b":"5"})");
    CHECK(made(R"({"a": {"$raw": "n"}, "b": {"$raw": "config.flag"}, "c": {"$raw": "config.other"}})", values) == R"({"a":5,"b":true})");
    CHECK(made(R"({"$when": "none", "a": 1})", values) == "nothing");
}

TEST_CASE("a value never becomes syntax") {
    const std::string evil = R"("}, {"$raw": "secret"}, {{secret}} \)";
    CHECK(made(R"({"a": "{{x}}"})", {{"x", evil}, {"secret", "s"}}) == json::dump({{"a", evil}}));
    CHECK(made(R"({"a": {"$pick": "x", "$else": 1}})", {{"x", "$else"}}) == R"({"a":1})");
}

TEST_CASE("a text is cut at a character, with an ellipsis, and never inside an escape") {
    CHECK(shortened("abc", 3, Escape::none) == "abc");
    CHECK(shortened("abcd", 3, Escape::none) == "ab…");
    CHECK(shortened("äöü€", 3, Escape::none) == "äö…");
    CHECK(shortened("abc", 0, Escape::none).empty());
    CHECK(shortened("a<b", 6, Escape::html) == "a&lt;b");
    CHECK(shortened("a<b", 5, Escape::html) == "a…");
    for (std::size_t max = 1; max < 40; ++max) {
        const auto cut = shortened("x & <y> *z* \"q\" _w_", max, Escape::markdown);
        CHECK(count_utf8(cut) <= max);
        CHECK(!cut.ends_with("\\…"));
    }
}

TEST_CASE("texts are escaped for their receivers") {
    CHECK(escaped("<!channel> a&b \"c\"", Escape::slack) == "&lt;!channel&gt; a&amp;b \"c\"");
    CHECK(escaped("<b>\"", Escape::html) == "&lt;b&gt;&quot;");
    CHECK(escaped("*a* [x](y) @all", Escape::markdown) == "\\*a\\* \\[x\\]\\(y\\) @\xE2\x80\x8B" "all");
    CHECK(percent_encoded("a/b?c#d:e ä%") == "a%2Fb%3Fc%23d:e%20%C3%A4%25");
}

}  // namespace structure_test
