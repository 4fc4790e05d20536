#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace selector_test {

using namespace sonde::test;

namespace {

void check_all(const std::vector<Selection>& table) {
    for (const auto& row : table) {
        CAPTURE(row.query);
        CAPTURE(row.document);
        CHECK(selected(row.query, row.document) == row.values);
    }
}

constexpr auto kLetters = R"(["a","b","c","d","e","f","g"])";

}  // namespace

TEST_CASE("the root alone is the whole document, whatever it is") {
    check_all({
        {"$", R"({"k":"v"})", R"([{"k":"v"}])"},
        {"$", "[]", "[[]]"},
        {"$", "null", "[null]"},
        {"$", "1", "[1]"},
        {"$", R"("text")", R"(["text"])"},
    });
}

TEST_CASE("a name selects the member of an object, and nothing from anything else") {
    constexpr auto kObject = R"({"o":{"j j":{"k.k":3}},"'":{"@":2}})";
    check_all({
        {"$.o['j j']", kObject, R"([{"k.k":3}])"},
        {"$.o['j j']['k.k']", kObject, "[3]"},
        {R"($.o["j j"]["k.k"])", kObject, "[3]"},
        {R"($["'"]["@"])", kObject, "[2]"},
        {"$['none']", kObject, "[]"},
        {"$.none.of.these", kObject, "[]"},
        {"$['a']", R"(["a"])", "[]"},
        {"$['0']", R"(["a"])", "[]"},
        {"$.a", R"("a")", "[]"},
        {"$.a", "null", "[]"},
        {"$.a", R"({"A":1})", "[]"},
        {"$['']", R"({"":1})", "[1]"},
        {"$.ж", R"({"ж":1})", "[1]"},
        {"$.☺☺", R"({"☺☺":1})", "[1]"},
        {"$.𝄞", R"({"𝄞":1})", "[1]"},
        {"$._a1", R"({"_a1":1})", "[1]"},
        {"$.true", R"({"true":1})", "[1]"},
        {"$.null", R"({"null":1})", "[1]"},
        {"$.length", R"({"length":1})", "[1]"},
        {"$['a\xcc\x8a']", R"({"å":1})", "[]"},  // names are not normalized
    });
}

TEST_CASE("strings in queries have the escapes of JSON, and that of their own quotes") {
    check_all({
        {R"($["\u0061"])", R"({"a":1})", "[1]"},
        {R"($["\u00e9"])", R"({"é":1})", "[1]"},
        {R"($["\u00E9"])", R"({"é":1})", "[1]"},
        {R"($["\u263A"])", R"({"☺":1})", "[1]"},
        {R"($["\uD834\uDD1E"])", R"({"𝄞":1})", "[1]"},
        {R"($['\ud83d\ude00'])", R"({"😀":1})", "[1]"},
        {R"($['\uDBFF\uDFFF'])", "{\"\xf4\x8f\xbf\xbf\":1}", "[1]"},
        {R"($["\b\f\n\r\t\/\\\""])", R"({"\b\f\n\r\t/\\\"":1})", "[1]"},
        {R"($['\b\f\n\r\t\/\\\''])", R"({"\b\f\n\r\t/\\'":1})", "[1]"},
        {R"($['"'])", R"({"\"":1})", "[1]"},
        {R"($["'"])", R"({"'":1})", "[1]"},
        {R"($["\u0000"])", R"({"\u0000":1})", "[1]"},
        {"$['\x7f']", "{\"\x7f\":1}", "[1]"},
    });
}

TEST_CASE("a wildcard selects all elements of an array and all members of an object, in order") {
    constexpr auto kBoth = R"({"o":{"j":1,"k":2},"a":[5,3]})";
    check_all({
        {"$[*]", kBoth, R"([{"j":1,"k":2},[5,3]])"},
        {"$.o[*]", kBoth, "[1,2]"},
        {"$.*", kBoth, R"([{"j":1,"k":2},[5,3]])"},
        {"$.o[*, *]", kBoth, "[1,2,1,2]"},
        {"$.a[*]", kBoth, "[5,3]"},
        {"$.*.*", kBoth, "[1,2,5,3]"},
        {"$.*", "3", "[]"},
        {"$.*", "[]", "[]"},
        {"$.*", R"("text")", "[]"},
    });
}

TEST_CASE("an index counts from the beginning, or from the end if it is negative") {
    check_all({
        {"$[1]", R"(["a","b"])", R"(["b"])"},
        {"$[-2]", R"(["a","b"])", R"(["a"])"},
        {"$[0]", R"(["a","b"])", R"(["a"])"},
        {"$[2]", R"(["a","b"])", "[]"},
        {"$[-3]", R"(["a","b"])", "[]"},
        {"$[9007199254740991]", R"(["a","b"])", "[]"},
        {"$[-9007199254740991]", R"(["a","b"])", "[]"},
        {"$[0]", R"({"0":1})", "[]"},
        {"$[0]", R"("a")", "[]"},
        {"$[0]", "[]", "[]"},
    });
}

TEST_CASE("a slice goes from its start to before its end by its step") {
    check_all({
        {"$[1:3]", kLetters, R"(["b","c"])"},
        {"$[5:]", kLetters, R"(["f","g"])"},
        {"$[1:5:2]", kLetters, R"(["b","d"])"},
        {"$[:]", kLetters, kLetters},
        {"$[::]", kLetters, kLetters},
        {"$[:2]", kLetters, R"(["a","b"])"},
        {"$[::3]", kLetters, R"(["a","d","g"])"},
        {"$[-2:]", kLetters, R"(["f","g"])"},
        {"$[:-5]", kLetters, R"(["a","b"])"},
        {"$[-3:-1]", kLetters, R"(["e","f"])"},
        {"$[3:3]", kLetters, "[]"},
        {"$[4:2]", kLetters, "[]"},
        {"$[7:]", kLetters, "[]"},
        {"$[-100:2]", kLetters, R"(["a","b"])"},
        {"$[5:100]", kLetters, R"(["f","g"])"},
        {"$[0:7:0]", kLetters, "[]"},
        {"$[::100]", kLetters, R"(["a"])"},
        {"$[0:1]", R"({"0":1})", "[]"},
        {"$[0:1]", R"("abc")", "[]"},
        {"$[:]", "[]", "[]"},
    });
}

TEST_CASE("a slice with a negative step goes backwards") {
    check_all({
        {"$[5:1:-2]", kLetters, R"(["f","d"])"},
        {"$[::-1]", kLetters, R"(["g","f","e","d","c","b","a"])"},
        {"$[:4:-1]", kLetters, R"(["g","f"])"},
        {"$[2::-1]", kLetters, R"(["c","b","a"])"},
        {"$[-1:-3:-1]", kLetters, R"(["g","f"])"},
        {"$[1:5:-1]", kLetters, "[]"},
        {"$[100:-100:-3]", kLetters, R"(["g","d","a"])"},
        {"$[::-100]", kLetters, R"(["g"])"},
        {"$[::-1]", "[]", "[]"},
        {"$[9007199254740991:-9007199254740991:-9007199254740991]", kLetters, R"(["g"])"},
        {"$[-9007199254740991:9007199254740991:9007199254740991]", kLetters, R"(["a"])"},
    });
}

TEST_CASE("several selectors in brackets select one after the other, and may select a node again") {
    check_all({
        {"$[0, 3]", kLetters, R"(["a","d"])"},
        {"$[0:2, 5]", kLetters, R"(["a","b","f"])"},
        {"$[0, 0]", kLetters, R"(["a","a"])"},
        {"$['a',1]", "[0,1]", "[1]"},
        {"$['a',1]", R"({"a":2,"1":3})", "[2]"},
        {"$['b','a','b']", R"({"a":1,"b":2})", "[2,1,2]"},
        {"$[*,0]", "[7,8]", "[7,8,7]"},
        {"$[?@>7,:,'x']", "[7,8]", "[8,7,8]"},
    });
}

TEST_CASE("a descendant segment selects from a node and all below it, parents first") {
    constexpr auto kTree = R"({"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]})";
    check_all({
        {"$..j", kTree, "[1,4]"},
        {"$..[0]", kTree, R"([5,{"j":4}])"},
        {"$..o", kTree, R"([{"j":1,"k":2}])"},
        {"$.o..[*, *]", kTree, "[1,2,1,2]"},
        {"$.a..[0, 1]", kTree, R"([5,3,{"j":4},{"k":6}])"},
        {"$..*", kTree, R"([{"j":1,"k":2},[5,3,[{"j":4},{"k":6}]],1,2,5,3,[{"j":4},{"k":6}],{"j":4},{"k":6},4,6])"},
        {"$..['k','j']", kTree, "[2,1,4,6]"},
        {"$..[?@.j]", kTree, R"([{"j":1,"k":2},{"j":4}])"},
        {"$..[-1:]", kTree, R"([[{"j":4},{"k":6}],{"k":6}])"},
        {"$..a..j", kTree, "[4]"},
        {"$..*..j", kTree, "[1,4,4,4]"},
        {"$..x", kTree, "[]"},
        {"$..*", "1", "[]"},
    });
}

TEST_CASE("null is a value like others, not the absence of one") {
    constexpr auto kNulls = R"({"a":null,"b":[null],"c":[{}],"null":1})";
    check_all({
        {"$.a", kNulls, "[null]"},
        {"$.a[0]", kNulls, "[]"},
        {"$.a.d", kNulls, "[]"},
        {"$.b[0]", kNulls, "[null]"},
        {"$.b[*]", kNulls, "[null]"},
        {"$.b[?@]", kNulls, "[null]"},
        {"$.b[?@==null]", kNulls, "[null]"},
        {"$.c[?@.d==null]", kNulls, "[]"},
        {"$.null", kNulls, "[1]"},
    });
}

TEST_CASE("a query is singular if it is made of single names and indices alone") {
    const auto singular = [](const char* query) { return sonde::jsonpath::Path::compile(query)->singular(); };
    CHECK(singular("$"));
    CHECK(singular("$.a['b'][-1]"));
    CHECK_FALSE(singular("$.*"));
    CHECK_FALSE(singular("$..a"));
    CHECK_FALSE(singular("$[0:1]"));
    CHECK_FALSE(singular("$[0,0]"));
    CHECK_FALSE(singular("$[?@.a]"));
}

}  // namespace selector_test
