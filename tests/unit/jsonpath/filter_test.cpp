#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace filter_test {

using namespace sonde::test;

namespace {

void check_all(const std::vector<Selection>& table) {
    for (const auto& row : table) {
        CAPTURE(row.query);
        CHECK(selected(row.query, row.document) == row.values);
    }
}

constexpr auto kMixed = R"({"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}},"e":"f"})";

}  // namespace

TEST_CASE("a filter selects the children for which its condition holds") {
    check_all({
        {"$.a[?@.b == 'kilo']", kMixed, R"([{"b":"kilo"}])"},
        {"$.a[?(@.b == 'kilo')]", kMixed, R"([{"b":"kilo"}])"},
        {"$.a[?@>3.5]", kMixed, "[5,4,6]"},
        {"$.a[?@.b]", kMixed, R"([{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"},
        {"$.o[?@<3, ?@<3]", kMixed, "[1,2,1,2]"},
        {R"($.a[?@<2 || @.b == "k"])", kMixed, R"([1,{"b":"k"}])"},
        {R"($.a[?match(@.b, "[jk]")])", kMixed, R"([{"b":"j"},{"b":"k"}])"},
        {R"($.a[?search(@.b, "[jk]")])", kMixed, R"([{"b":"j"},{"b":"k"},{"b":"kilo"}])"},
        {"$.o[?@>1 && @<4]", kMixed, "[2,3]"},
        {"$.o[?@.u || @.x]", kMixed, R"([{"u":6}])"},
        {"$.a[?@.b == $.x]", kMixed, "[3,5,1,2,4,6]"},
        {"$.a[?@ == @]", kMixed, R"([3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"},
        {"$.e[?@]", kMixed, "[]"},
        {"$.a[?$.none]", kMixed, "[]"},
    });
    CHECK(paths("$[?@.*]", kMixed) == "$['a'] $['o']");
    CHECK(paths("$[?@[?@.b]]", kMixed) == "$['a']");
}

TEST_CASE("a test holds if its query selects anything, be it false, null, zero or empty") {
    check_all({
        {"$[?@.a]", R"([{"a":null},{"a":false},{"a":0},{"a":""},{"a":[]},{"b":1}])", R"([{"a":null},{"a":false},{"a":0},{"a":""},{"a":[]}])"},
        {"$[?!@.a]", R"([{"a":null},{"b":1}])", R"([{"b":1}])"},
        {"$[?@[0]]", "[[],[null],{}]", "[[null]]"},
        {"$[?@..x]", R"([[[{"x":1}]],[[{"y":1}]]])", R"([[[{"x":1}]]])"},
        {"$[?@.*]", R"([[],{},[0],{"a":0},0])", R"([[0],{"a":0}])"},
        {"$[?$.x]", R"({"x":0})", "[0]"},
        {"$[?@]", "[0,null]", "[0,null]"},
    });
}

TEST_CASE("and binds stronger than or, and parentheses stronger than both") {
    constexpr auto kFlags = R"([{"a":1},{"b":1},{"c":1},{"a":1,"b":1},{"b":1,"c":1}])";
    check_all({
        {"$[?@.a || @.b && @.c]", kFlags, R"([{"a":1},{"a":1,"b":1},{"b":1,"c":1}])"},
        {"$[?(@.a || @.b) && @.c]", kFlags, R"([{"b":1,"c":1}])"},
        {"$[?@.a && @.b || @.c]", kFlags, R"([{"c":1},{"a":1,"b":1},{"b":1,"c":1}])"},
        {"$[?!@.a && @.b]", kFlags, R"([{"b":1},{"b":1,"c":1}])"},
        {"$[?!(@.a && @.b)]", kFlags, R"([{"a":1},{"b":1},{"c":1},{"b":1,"c":1}])"},
        {"$[?!(@.a || @.b)]", kFlags, R"([{"c":1}])"},
        {"$[?((@.a))]", kFlags, R"([{"a":1},{"a":1,"b":1}])"},
        {"$[?!(!@.a)]", kFlags, R"([{"a":1},{"a":1,"b":1}])"},
        {"$[?!(!(@.a))]", kFlags, R"([{"a":1},{"a":1,"b":1}])"},
        {"$[?@.a||@.b||@.c]", kFlags, kFlags},
        {"$[?@.a&&@.b&&@.c]", kFlags, "[]"},
        {"$[?!(@.a==1)]", kFlags, R"([{"b":1},{"c":1},{"b":1,"c":1}])"},
    });
}

TEST_CASE("filters may be in filters, each with its own current node") {
    check_all({
        {"$[?@[?@>1]]", "[[0],[0,1],[0,1,2],[42]]", "[[0,1,2],[42]]"},
        {"$[?@[?@.a==$[0].x]]", R"([{"x":1},[{"a":1}],[{"a":2}]])", R"([[{"a":1}]])"},
        {"$[?count(@[?@>1])==2]", "[[1,2,3],[2,2,2],[1,2]]", "[[1,2,3]]"},
        {"$[?@[?@[?@==1]]]", "[[[1]],[[2]],[1]]", "[[[1]]]"},
    });
}

TEST_CASE("filters apply to members of objects as well") {
    check_all({
        {"$[?@.n>1]", R"({"a":{"n":1},"b":{"n":2}})", R"([{"n":2}])"},
        {"$..[?@>1]", R"({"a":1,"b":[2,{"c":3}]})", "[2,3]"},
        {"$[?@=='x'].y", R"(["x"])", "[]"},
    });
    CHECK(paths("$[?@.n>1]", R"({"a":{"n":1},"b":{"n":2}})") == "$['b']");
}

}  // namespace filter_test
