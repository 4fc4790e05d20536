#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace document_test {

using namespace sonde;
using namespace std::string_literals;
using jsonpath::read_document;

namespace {

std::string again(std::string_view text) {
    const auto document = read_document(text);
    return document ? *jsonpath::write_values({&*document}) : document.error().message;
}

}  // namespace

TEST_CASE("documents come out as they went in") {
    for (const char* text : {"null", "true", "[]", "{}", R"({"a":[1,-2,3.5,"x",null],"b":{"c":{}}})", R"(["\"\\\b\f\n\r\t\u0000ж𝄞"])", "18446744073709551615",
                             "-9223372036854775808", "9223372036854775808", "1.5e+300", "[[[[]]],{}]"}) {
        CHECK(again(text) == "["s + text + "]");
    }
    CHECK(again(" [ 1 , 2 ] \n") == "[[1,2]]");
    CHECK(again("1E2") == "[100.0]");
}

TEST_CASE("of members of one name the last counts, at the place of the first") {
    CHECK(again(R"({"a":1,"b":2,"a":3})") == R"([{"a":3,"b":2}])");
    CHECK(again(R"({"a":{"x":1},"a":{"y":[2]},"b":0})") == R"([{"a":{"y":[2]},"b":0}])");
    CHECK(again(R"({"a":[1],"a":null})") == R"([{"a":null}])");
    CHECK(again(R"({"":1,"":2})") == R"([{"":2}])");
}

TEST_CASE("what is not JSON is refused, with where or why") {
    CHECK(again("") == "is not valid JSON near byte 1");
    CHECK(again("[1,]") == "is not valid JSON near byte 4");
    CHECK(again("[1] 2") == "is not valid JSON near byte 5");
    CHECK(again("{'a':1}") == "is not valid JSON near byte 2");
    CHECK(again("[01]") == "is not valid JSON near byte 3");
    CHECK(again("\"\xff\"") == "is not valid JSON near byte 2");
    CHECK(again(R"("\ud800")").starts_with("is not valid JSON near byte"));
    CHECK(again("NaN").starts_with("is not valid JSON near byte"));
    CHECK(again("[1e999]") == "has a number out of range");
}

TEST_CASE("documents over the limits are refused") {
    CHECK(read_document("[1,2]", {.bytes = 4}).error().message == "is larger than 4 bytes");
    CHECK(read_document("[[1]]", {.depth = 2}).ok());
    CHECK(read_document("[[[1]]]", {.depth = 2}).error().message == "is nested deeper than 2 levels");
    CHECK(read_document(R"([{"a":{}}])", {.depth = 2}).error().message == "is nested deeper than 2 levels");
    CHECK(read_document("[[],[],[]]", {.depth = 2}).ok());
}

TEST_CASE("values are written up to a length") {
    const auto document = *read_document("[[[1]]]");
    const auto nodes = *jsonpath::Path::compile("$..*")->select(document);
    CHECK(*jsonpath::write_values(nodes) == "[[[1]],[1],1]");
    CHECK(jsonpath::write_values(nodes, 5).error().message == "the values are longer than 5 bytes together");
    CHECK(*jsonpath::write_values({}) == "[]");
}

TEST_CASE("a document that is a hundred thousand levels deep is read, searched, compared, located and written without recursion") {
    constexpr std::size_t kDepth = 100'000;
    const auto text = std::string(kDepth, '[') + "7" + std::string(kDepth, ']');
    const auto document = read_document(text, {.depth = kDepth});
    REQUIRE(document.ok());
    CHECK(*jsonpath::write_values({&*document}) == "[" + text + "]");
    const auto found = jsonpath::Path::compile("$..[?@ == 7]")->select(*document);
    REQUIRE(found.ok());
    REQUIRE(found->size() == 1);
    CHECK(jsonpath::normalized_paths(*document, *found)->front().size() == 1 + 3 * kDepth);
    CHECK(jsonpath::Path::compile("$[?$ == $]")->select(*document)->size() == 1);
    CHECK(jsonpath::Path::compile("$..*")->select(*document)->size() == kDepth);
}

}  // namespace document_test
