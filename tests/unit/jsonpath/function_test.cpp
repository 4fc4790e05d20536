#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace function_test {

using namespace sonde::test;

namespace {

void check_all(const std::vector<Selection>& table) {
    for (const auto& row : table) {
        CAPTURE(row.query);
        CHECK(selected(row.query, row.document) == row.values);
    }
}

}  // namespace

TEST_CASE("length() counts characters, elements and members, and is nothing for other values") {
    check_all({
        {"$[?length(@)==2]", R"(["ab","жж","☺☺","𝄞𝄞","é","a",""])", R"(["ab","жж","☺☺","𝄞𝄞"])"},
        {"$[?length(@)==0]", R"(["",[],{},0,null])", R"(["",[],{}])"},
        {"$[?length(@)>=2]", R"([[1,2],[1],{"a":1,"b":2},{"a":1}])", R"([[1,2],{"a":1,"b":2}])"},
        {"$[?length(@)>=0]", "[1,true,null,1.5]", "[]"},
        {"$[?length(@.a)==$.none]", R"([{"b":1},{"a":1},{"a":"x"}])", R"([{"b":1},{"a":1}])"},
        {"$[?length(@.a)!=1]", R"([{"b":1},{"a":"x"}])", R"([{"b":1}])"},
        {"$[?length('ab')==2]", "[0]", "[0]"},
        {"$[?length(1)==2]", "[0]", "[]"},
        {"$[?length(@)==1]", R"(["a\u0301","á"])", R"(["á"])"},
    });
}

TEST_CASE("count() counts nodes, the same one as often as it was selected") {
    check_all({
        {"$[?count(@.*)==1]", R"([{"a":1},[1,2],[3],5])", R"([{"a":1},[3]])"},
        {"$[?count(@..*)>2]", "[[1,[2]],[1,2]]", "[[1,[2]]]"},
        {"$[?count(@['a','a'])==2]", R"([{"a":1},{"b":1}])", R"([{"a":1}])"},
        {"$[?count(@.a)==0]", R"([{"a":1},{"b":1}])", R"([{"b":1}])"},
        {"$[?count($)==1]", "[7]", "[7]"},
        {"$[?count(@.*)==count(@.a.*)]", R"([{"a":[1]},{"a":[1,2]}])", R"([{"a":[1]}])"},
        {"$[?count(@[?@>1])==1.0]", "[[1,2],[2,3]]", "[[1,2]]"},
    });
}

TEST_CASE("value() is the value of the only node, and nothing if there are none or several") {
    check_all({
        {"$[?value(@.*)==4]", R"([[4],{"foo":4},[5],{"foo":5},4])", R"([[4],{"foo":4}])"},
        {"$[?value(@..c)=='x']", R"([{"a":{"c":"x"}},{"c":"x","d":{"c":"x"}}])", R"([{"a":{"c":"x"}}])"},
        {"$[?value(@.*)==$.none]", "[[],[1],[1,2]]", "[[],[1,2]]"},
        {"$[?value(@.a)==null]", R"([{"a":null},{"b":null}])", R"([{"a":null}])"},
        {"$[?length(value(@..c))==2]", R"([{"c":[1,2]},[{"c":"ab"}],{"c":1}])", R"([{"c":[1,2]},[{"c":"ab"}]])"},
    });
}

TEST_CASE("match() matches all of a string, search() some of it") {
    check_all({
        {"$[?match(@,'a.*')]", R"(["ab","a","ba","b",1,null,[],{}])", R"(["ab","a"])"},
        {"$[?search(@,'a.*')]", R"(["ab","a","ba","b",1,null,[],{}])", R"(["ab","a","ba"])"},
        {"$[?!match(@,'a')]", R"(["a","b",1])", R"(["b",1])"},
        {"$[?!search(@,'a')]", R"(["ba","b",1])", R"(["b",1])"},
        {"$[?match(@,'a|bc')]", R"(["a","bc","abc","ac"])", R"(["a","bc"])"},
        {"$[?match(@,'')]", R"(["","a"])", R"([""])"},
        {"$[?search(@,'')]", R"(["","a",1])", R"(["","a"])"},
        {"$[?match(@.d,'1974-05-..')]", R"([{"d":"1974-05-11"},{"d":"1974-06-11"},{}])", R"([{"d":"1974-05-11"}])"},
        {"$[?match(@,'.')]", R"(["x","𝄞","\u2028","\u0085","\n","\r","xy"])", "[\"x\",\"𝄞\",\"\u2028\",\"\u0085\"]"},
        {R"($[?match(@,'\\p{Lu}')])", R"(["Ж","ж","1"])", R"(["Ж"])"},
        {R"($[?match(@,"a\\.b")])", R"(["a.b","axb"])", R"(["a.b"])"},
        {R"($[?match(@,'[^a-c]+')])", R"(["xyz","xaz","ж"])", R"(["xyz","ж"])"},
        {"$[?match(@,'^ab$')]", R"(["ab","xab"])", R"(["ab"])"},
        {"$[?search(@,'^ab')]", R"(["abc","xab"])", R"(["abc"])"},
        {"$[?search(@,'(?i)a')]", R"(["a","A"])", "[]"},
        {"$[?match(@,1)]", R"(["1"])", "[]"},
        {"$[?match(1,'1')]", "[1]", "[]"},
        {"$[?match('ab','a.')]", "[1]", "[1]"},
    });
}

TEST_CASE("patterns may come from the document; those that are none match nothing") {
    check_all({
        {"$.values[?match(@, $.regex)]", R"({"regex":"b.?b","values":["abc","bcd","bab","bba","bbab","b",true]})", R"(["bab"])"},
        {"$.values[?search(@, $.regex)]", R"({"regex":"b.?b","values":["abc","bcd","bab","bba","bbab","b",true]})", R"(["bab","bba","bbab"])"},
        {"$[?match(@.s,@.p)]", R"([{"s":"a","p":"a"},{"s":"a","p":"["},{"s":"a","p":"b"},{"s":"a","p":1},{"s":"a"},{"s":"(","p":"("}])", R"([{"s":"a","p":"a"}])"},
        {"$[?!match(@.s,@.p)]", R"([{"s":"a","p":"["}])", R"([{"s":"a","p":"["}])"},
        {"$.v[?match(@, value($..regex))]", R"({"x":{"regex":"a+"},"v":["aa","b"]})", R"(["aa"])"},
    });
}

TEST_CASE("a literal that is no I-Regexp matches nothing, and who stores the query can know") {
    constexpr auto kQuery = "$[?match(@,'a**') || search(@, \"\\\\d\") || match(@,'a')]";
    CHECK(selected(kQuery, R"(["a","aa","1"])") == R"(["a"])");
    const auto path = sonde::jsonpath::Path::compile(kQuery);
    REQUIRE(path.ok());
    REQUIRE(path->unmatchable().size() == 2);
    CHECK(path->unmatchable()[0].column == 12);
    CHECK(path->unmatchable()[0].message == "the pattern is not usable: a * that repeats nothing");
    CHECK(path->unmatchable()[1].column == 32);
    CHECK(sonde::jsonpath::Path::compile("$[?match(@,'a')]")->unmatchable().empty());
}

}  // namespace function_test
