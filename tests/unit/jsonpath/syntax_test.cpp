#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace syntax_test {

using namespace sonde::test;

namespace {

struct Mistake {
    const char* query;
    int column;
};

void check_all(const std::vector<Mistake>& table) {
    for (const auto& row : table) {
        CAPTURE(row.query);
        CHECK(wrong_at(row.query) == row.column);
    }
}

void check_valid(const std::vector<const char*>& queries) {
    for (const auto* query : queries) {
        CAPTURE(query);
        CHECK(selected(query, "null").starts_with("["));
    }
}

}  // namespace

TEST_CASE("a query begins with $ and ends with its last segment") {
    check_all({{"", 1}, {"a", 1}, {"@", 1}, {"@.a", 1}, {".a", 1}, {" $", 1}, {"\n$", 1}, {"$ ", 2}, {"$.a ", 4}, {"$[0]\t", 5}, {"$a", 2},
               {"$$", 2}, {"$'a'", 2}, {"$.a$", 4}, {"$[0]a", 5}, {"$]", 2}, {"$(", 2}});
}

TEST_CASE("segments want a name, a wildcard or brackets") {
    check_all({{"$.", 3}, {"$..", 4}, {"$...a", 4}, {"$.[0]", 3}, {"$.&", 3}, {"$.1", 3}, {"$.1a", 3}, {"$.-a", 3}, {"$.'a'", 3}, {"$.\"a\"", 3},
               {"$.a-b", 4}, {"$.a b", 4}, {"$.*a", 4}, {"$..1", 4}, {"$[]", 3}, {"$[", 3}, {"$[0", 4}, {"$['a'", 6}, {"$[a]", 3}, {"$[0,]", 5},
               {"$[,0]", 3}, {"$[0 1]", 5}, {"$[0][", 6}, {"$[**]", 4}, {"$[.a]", 3}, {"$[$.a]", 3}, {"$[@.a]", 3}, {"$[(0)]", 3}, {"$.ж-", 4}});
}

TEST_CASE("integers have no leading zeros, no plus, no fraction, no minus zero, and are exact in a double") {
    check_all({{"$[01]", 3}, {"$[-01]", 4}, {"$[00]", 3}, {"$[-0]", 3}, {"$[+1]", 3}, {"$[1.0]", 4}, {"$[1e0]", 4}, {"$[-]", 4}, {"$[- 1]", 4},
               {"$[--1]", 4}, {"$[0x1]", 4}, {"$[9007199254740992]", 3}, {"$[-9007199254740992]", 3}, {"$[99999999999999999999999999]", 3},
               {"$[-99999999999999999999999999]", 3}, {"$[:9007199254740992]", 4}, {"$[::9007199254740992]", 5}, {"$[9007199254740992:]", 3},
               {"$[1:02]", 5}, {"$[1:-0]", 5}, {"$[1:2:-0]", 7}, {"$[1:2:03]", 7}, {"$[1:2:3:4]", 8}, {"$[1:a]", 5}, {"$[1::+1]", 6}, {"$[:1.5]", 5}});
    check_valid({"$[9007199254740991]", "$[-9007199254740991]", "$[9007199254740991:-9007199254740991:9007199254740991]", "$[0:0:0]"});
}

TEST_CASE("blanks may stand between the parts of a query") {
    check_valid({"$ .a", "$\n.a", "$\t.a", "$\r.a", "$ ['a']", "$ ..a", "$.a .b\r\n ['c'] [0]", "$[ 0 ]", "$[\n0\t,\r1 ]", "$[ 'a' , 'b' ]", "$[ * ]",
                 "$[ 1 : 2 : 3 ]", "$[ : : ]", "$[1 :2 :3]", "$[1: 2: 3]", "$[ ?@.a ]", "$[? @.a]", "$[?@ .a]", "$[?@.a == 1]", "$[?@.a==\n1]",
                 "$[?@.a\t&&\t@.b]", "$[?@.a ||@.b]", "$[?! @.a]", "$[?!\n(@.a)]", "$[?( @.a )]", "$[?count( @.* ) ==1]", "$[?match( @.a , 'x' )]",
                 "$[?length(@ .a ['b'])==1]", "$[?@[ 'a' ]==1]"});
}

TEST_CASE("blanks are wrong inside of a segment's beginning, a number, an operator, and between a function and its parenthesis") {
    check_all({{"$. a", 3}, {"$.\na", 3}, {"$.. a", 4}, {"$..\t[0]", 4}, {"$. .a", 3}, {"$. *", 3}, {"$[- 1]", 4}, {"$[?count (@.*)==1]", 4},
               {"$[?match\n(@.a,'x')]", 4}, {"$[?@.a = = 1]", 8}, {"$[?@.a & & @.b]", 8}, {"$[?@.a | | @.b]", 8}, {"$[?@.a < = 1]", 10},
               {"$[?@.a ! = 1]", 8}, {"$[?@. a]", 6}, {"$[?@.a==1 .5]", 11}, {"$\x0b.a", 2}, {"$\xc2\xa0.a", 2}});
}

TEST_CASE("strings are closed, escape what must be escaped, and nothing else") {
    check_all({{"$['a]", 3}, {"$['", 3}, {"$['a\"]", 3}, {"$[\"a']", 3}, {R"($['\"'])", 4}, {R"($["\'"])", 4}, {R"($['\a'])", 4}, {R"($['\v'])", 4},
               {R"($['\0'])", 4}, {R"($['\x41'])", 4}, {R"($['\?'])", 4}, {R"($['\ '])", 4}, {R"($['\U0041'])", 4}, {R"($['\u'])", 6},
               {R"($['\u004'])", 9}, {R"($['\u00g1'])", 8}, {R"($['\u+041'])", 6}, {R"($['\u{41}'])", 6}, {"$['\x01']", 4}, {"$['\t']", 4},
               {"$['\n']", 4}, {"$['\x1f']", 4}, {"$['''] ", 5}, {R"($['\'])", 3}});
}

TEST_CASE("surrogates come in pairs") {
    check_all({{R"($['\ud800'])", 4}, {R"($['\udc00'])", 4}, {R"($['\ud800\ud800'])", 4}, {R"($['\udc00\ud800'])", 4}, {R"($['\ud800\u0041'])", 4},
               {R"($['\ud800x'])", 4}, {R"($['\ud800\n'])", 4}, {R"($['a\udfff'])", 5}});
}

TEST_CASE("columns count characters, not bytes, and text that is not UTF-8 is refused where it stops being it") {
    check_all({{"$.жж-", 5}, {"$['☺☺'", 7}, {"$.a\xff", 4}, {"$['\xff']", 4}, {"$[?\xff]", 4}, {"$['\xc0\x80']", 4}, {"$['\xed\xa0\x80']", 4},
               {"$['\xf4\x90\x80\x80']", 4}, {"$['\xe2\x82']", 4}});
    CHECK(selected("$.a\xff", "1") == "4: the query is not UTF-8");
    CHECK(selected("$[?\xff]", "1") == "4: the query is not UTF-8");
    CHECK(wrong_at(std::string_view{"$.a\0", 4}) == 4);
    CHECK(wrong_at(std::string_view{"$['\0']", 6}) == 4);
}

TEST_CASE("number literals are those of JSON, and -0") {
    check_valid({"$[?@==0]", "$[?@==-0]", "$[?@==-0.0]", "$[?@==1.50]", "$[?@==1e5]", "$[?@==1E5]", "$[?@==1e+5]", "$[?@==1e-5]", "$[?@==1.5e05]",
                 "$[?@==-1e400]", "$[?@==99999999999999999999999999]"});
    check_all({{"$[?@==01]", 7}, {"$[?@==-01]", 8}, {"$[?@==+1]", 7}, {"$[?@==.5]", 7}, {"$[?@==1.]", 9}, {"$[?@==-.5]", 8}, {"$[?@==1.e5]", 9},
               {"$[?@==1e]", 9}, {"$[?@==1e+]", 10}, {"$[?@==1.5.5]", 10}, {"$[?@==0x1]", 8}, {"$[?@==-]", 8}, {"$[?@==--1]", 8}, {"$[?@==1_000]", 8},
               {"$[?@==Infinity]", 7}, {"$[?@==NaN]", 7}});
}

TEST_CASE("other literals are true, false and null, in small letters") {
    check_valid({"$[?@==true]", "$[?false==@]", "$[?null!=@.a]", "$[?true==false]"});
    check_all({{"$[?@==True]", 7}, {"$[?@==TRUE]", 7}, {"$[?@==nULL]", 7}, {"$[?@==nil]", 7}, {"$[?@==tru]", 7}, {"$[?@==truee]", 7}, {"$[?@==undefined]", 7},
               {"$[?@==[1]]", 7}, {"$[?@=={}]", 7}, {"$[?@==a]", 7}});
}

TEST_CASE("operators and parentheses are where they belong") {
    check_all({{"$[?]", 4}, {"$[? ]", 5}, {"$[?@.a=1]", 7}, {"$[?@.a===1]", 9}, {"$[?@.a<>1]", 8}, {"$[?@.a=~'x']", 7}, {"$[?@.a&@.b]", 7}, {"$[?@.a|@.b]", 7},
               {"$[?@.a&&]", 9}, {"$[?||@.a]", 4}, {"$[?@.a and @.b]", 8}, {"$[?not @.a]", 4}, {"$[?@.a in [1]]", 8}, {"$[?(@.a]", 8}, {"$[?@.a)]", 7},
               {"$[?()]", 5}, {"$[?@.a==1==1]", 10}, {"$[?1<@.a<3]", 9}, {"$[?@.a==(1)]", 9}, {"$[?(@.a)==1]", 9}, {"$[?@.a==!true]", 9}, {"$[?@.a+1==2]", 7},
               {"$[?@.a,]", 8}, {"$?@.a", 2}, {"$.?@.a", 3}, {"$[@.a]", 3}, {"$[?@.a==]", 9}, {"$[?==1]", 4}, {"$[?a]", 4}, {"$[?@a]", 5}, {"$[?$a]", 5}});
}

TEST_CASE("a message says what is missing") {
    CHECK(selected("$[0", "[]") == "4: a ] is missing after the selectors");
    CHECK(selected("$.", "[]") == "3: a name or a * is missing after .");
    CHECK(selected("$[?@.a = 1]", "[]") == "8: a comparison for equality is written ==");
    CHECK(selected("$.a ", "[]") == "4: the query should end here, or go on with . or [");
    CHECK(selected("$[9007199254740992]", "[]") == "3: an integer must be from -9007199254740991 to 9007199254740991");
    CHECK(selected("$['a", "[]") == "3: a string is not closed");
}

}  // namespace syntax_test
