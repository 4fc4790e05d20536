#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace comparison_test {

using namespace sonde::test;

namespace {

// Whether the condition, which must not need a current node, holds for a document.
std::string holds(const std::string& condition, std::string_view document = R"({"obj":{"x":"y"},"arr":[2,3]})") {
    const auto found = selected("$[?" + condition + "]", document);
    return found == "[]" ? "no" : found.starts_with('[') ? "yes" : found;
}

struct Claim {
    const char* condition;
    const char* holds;
};

void check_all(const std::vector<Claim>& table, std::string_view document = R"({"obj":{"x":"y"},"arr":[2,3]})") {
    for (const auto& row : table) {
        CAPTURE(row.condition);
        CHECK(holds(row.condition, document) == row.holds);
    }
}

}  // namespace

TEST_CASE("comparisons as the RFC's table has them") {
    check_all({
        {"$.absent1 == $.absent2", "yes"}, {"$.absent1 <= $.absent2", "yes"}, {"$.absent == 'g'", "no"},  {"$.absent1 != $.absent2", "no"},
        {"$.absent != 'g'", "yes"},        {"1 <= 2", "yes"},                 {"1 > 2", "no"},            {"13 == '13'", "no"},
        {"'a' <= 'b'", "yes"},             {"'a' > 'b'", "no"},               {"$.obj == $.arr", "no"},   {"$.obj != $.arr", "yes"},
        {"$.obj == $.obj", "yes"},         {"$.obj != $.obj", "no"},          {"$.arr == $.arr", "yes"},  {"$.arr != $.arr", "no"},
        {"$.obj == 17", "no"},             {"$.obj != 17", "yes"},            {"$.obj <= $.arr", "no"},   {"$.obj < $.arr", "no"},
        {"$.obj <= $.obj", "yes"},         {"$.arr <= $.arr", "yes"},         {"1 <= $.arr", "no"},       {"1 >= $.arr", "no"},
        {"1 > $.arr", "no"},               {"1 < $.arr", "no"},               {"true <= true", "yes"},    {"true > true", "no"},
    });
}

TEST_CASE("what is absent equals itself alone and has no order") {
    check_all({{"$.no == null", "no"}, {"$.no != null", "yes"}, {"$.no < 1", "no"}, {"$.no > 1", "no"}, {"$.no <= 1", "no"}, {"$.no >= 1", "no"},
               {"$.no >= $.nope", "yes"}, {"$.no < $.nope", "no"}, {"$.no > $.nope", "no"}, {"1 < $.no", "no"}, {"$.obj.x == $.obj.z", "no"}});
}

TEST_CASE("values of different types are unequal and have no order") {
    check_all({{"1 == true", "no"}, {"0 == false", "no"}, {"null == false", "no"}, {"null == 0", "no"}, {"'' == null", "no"}, {"'1' < 2", "no"},
               {"1 < '2'", "no"}, {"'1' != 1", "yes"}, {"true < 'x'", "no"}, {"null < 1", "no"}});
}

TEST_CASE("true, false and null have no order, but are equal to themselves") {
    check_all({{"null == null", "yes"}, {"null <= null", "yes"}, {"null >= null", "yes"}, {"null < null", "no"}, {"true == true", "yes"},
               {"true == false", "no"}, {"false < true", "no"}, {"true > false", "no"}, {"false <= true", "no"}, {"false >= false", "yes"}});
}

TEST_CASE("numbers are equal by value, whatever their notation") {
    check_all({{"1 == 1.0", "yes"}, {"100 == 1e2", "yes"}, {"0.1 == 1e-1", "yes"}, {"-0 == 0", "yes"}, {"-0.0 == 0", "yes"}, {"1.5 > 1", "yes"},
               {"-1 < 0", "yes"}, {"-2 < -1", "yes"}, {"1e1 >= 10", "yes"}, {"2 <= 1.9999", "no"}, {"1 != 1.0", "no"}, {"1e400 > 1e308", "yes"},
               {"-1e400 < -1e308", "yes"}, {"1e-400 == 0", "yes"}, {"1.0e+2 == 100.00", "yes"}});
}

TEST_CASE("large integers are compared exactly, with each other and with doubles") {
    check_all({{"9007199254740993 == 9007199254740992", "no"},
               {"9007199254740993 > 9007199254740992.0", "yes"},
               {"9007199254740993 == 9007199254740993.0", "no"},
               {"18446744073709551615 == 18446744073709551615", "yes"},
               {"18446744073709551615 > 9223372036854775807", "yes"},
               {"18446744073709551615 > -1", "yes"},
               {"18446744073709551615 == 18446744073709551616.0", "no"},
               {"-9223372036854775808 < -9223372036854775807", "yes"},
               {"$.n == 18446744073709551615", "yes"},
               {"$.n == 18446744073709551614", "no"},
               {"$.m == -9223372036854775808", "yes"},
               {"$.n > $.m", "yes"}},
              R"({"n":18446744073709551615,"m":-9223372036854775808})");
}

TEST_CASE("strings are ordered by Unicode scalar values") {
    check_all({{"'a' < 'b'", "yes"}, {"'a' < 'ab'", "yes"}, {"'' < 'a'", "yes"}, {"'B' < 'a'", "yes"}, {"'10' < '9'", "yes"}, {"'a' >= 'a'", "yes"},
               {"'z' < 'é'", "yes"}, {"'ж' < '☺'", "yes"},
               // By UTF-16 units it would be the other way round.
               {R"('\uff61' < '\ud800\udc00')", "yes"},
               {R"('\u00e5' == 'a\u030a')", "no"}, {R"('a\u0000' > 'a')", "yes"}});
}

TEST_CASE("arrays are equal element by element, objects member by member in any order") {
    const auto equal = [](const std::string& left, const std::string& right) {
        return holds("$.l == $.r", R"({"l":)" + left + R"(,"r":)" + right + "}");
    };
    CHECK(equal("[1,[2]]", "[1,[2]]") == "yes");
    CHECK(equal("[1,[2]]", "[[2],1]") == "no");
    CHECK(equal("[1,2]", "[1,2,3]") == "no");
    CHECK(equal("[]", "[]") == "yes");
    CHECK(equal("[]", "{}") == "no");
    CHECK(equal("[1]", "[1.0]") == "yes");
    CHECK(equal("[1]", R"(["1"])") == "no");
    CHECK(equal(R"({"a":1,"b":{"c":[2]}})", R"({"b":{"c":[2]},"a":1})") == "yes");
    CHECK(equal(R"({"a":1})", R"({"a":2})") == "no");
    CHECK(equal(R"({"a":1})", R"({"b":1})") == "no");
    CHECK(equal(R"({"a":1})", R"({"a":1,"b":1})") == "no");
    CHECK(equal(R"({"a":null})", R"({"b":null})") == "no");
    CHECK(equal(R"([{"a":[null,true,"x"]}])", R"([{"a":[null,true,"x"]}])") == "yes");
    CHECK(equal(R"([{"a":[null,true,"x"]}])", R"([{"a":[null,false,"x"]}])") == "no");
}

}  // namespace comparison_test
