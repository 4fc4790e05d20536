#include <doctest/doctest.h>

#include "tests/unit/jsonpath/run.h"

namespace location_test {

using namespace sonde;
using test::paths;

TEST_CASE("normalized paths are in brackets, with single quotes and indices from the beginning") {
    CHECK(paths("$", "1") == "$");
    CHECK(paths("$.a", R"({"a":1})") == "$['a']");
    CHECK(paths("$[1]", "[0,1]") == "$[1]");
    CHECK(paths("$[-3]", "[0,1,2,3,4]") == "$[2]");
    CHECK(paths("$.a.b[1:2]", R"({"a":{"b":[0,1]}})") == "$['a']['b'][1]");
    CHECK(paths(R"($["\u0061"])", R"({"a":1})") == "$['a']");
    CHECK(paths("$..x", R"({"b":[{"x":1},{"y":{"x":2}}],"x":3})") == "$['x'] $['b'][0]['x'] $['b'][1]['y']['x']");
    CHECK(paths("$.none", "{}").empty());
}

TEST_CASE("normalized paths escape what they must, in one way") {
    CHECK(paths(R"($["\u000B"])", R"({"\u000b":1})") == R"($['\u000b'])");
    CHECK(paths(R"($["\u0000"])", R"({"\u0000":1})") == R"($['\u0000'])");
    CHECK(paths("$[*]", R"({"\b\t\n\f\r\u001F":1})") == R"($['\b\t\n\f\r\u001f'])");
    CHECK(paths("$[*]", R"({"'":1,"\"":2,"\\":3,"/":4})") == R"($['\''] $['"'] $['\\'] $['/'])");
    CHECK(paths("$[*]", R"({"":1,"ж☺𝄞":2,"\u007f":3})") == "$[''] $['ж☺𝄞'] $['\x7f']");
}

TEST_CASE("a node that was selected twice has its path twice") {
    CHECK(paths("$[1,0,1]", "[0,1]") == "$[1] $[0] $[1]");
    CHECK(paths("$[?@.a,?@.a]", R"([{"a":1}])") == "$[0] $[0]");
}

TEST_CASE("each normalized path selects its node and no other") {
    const auto document = *jsonpath::read_document(R"({"a":[1,{"b":null,"'\n":[[]]}],"":{"":""},"\\":true})");
    const auto nodes = *jsonpath::Path::compile("$..*")->select(document);
    REQUIRE(nodes.size() == 9);
    const auto locations = *jsonpath::normalized_paths(document, nodes);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        CAPTURE(locations[i]);
        const auto path = jsonpath::Path::compile(locations[i]);
        REQUIRE(path.ok());
        CHECK(path->singular());
        CHECK(path->text() == locations[i]);
        CHECK(*path->select(document) == jsonpath::Nodes{nodes[i]});
    }
}

TEST_CASE("more bytes of paths than allowed are refused") {
    const auto document = *jsonpath::read_document("[[[1]]]");
    const auto nodes = *jsonpath::Path::compile("$..*")->select(document);
    CHECK(jsonpath::normalized_paths(document, nodes, 4 + 7 + 10).ok());
    CHECK(jsonpath::normalized_paths(document, nodes, 4 + 7 + 9).error().message == "the paths are longer than 20 bytes together");
}

}  // namespace location_test
