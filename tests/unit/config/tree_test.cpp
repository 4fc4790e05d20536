#include "lib/config/tree.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "lib/config/yaml_writer.h"

namespace tree_test {

using namespace sonde;
using namespace sonde::config;

namespace {

Json one(std::string_view text, Variables variables = Variables::replace) {
    const auto trees = read_trees(text, "f", variables);
    REQUIRE_MESSAGE(trees.ok(), trees.error().message);
    REQUIRE(trees->size() == 1);
    return trees->front().value;
}

std::string wrong(std::string_view text) {
    const auto trees = read_trees(text, "f", Variables::replace);
    return trees ? "" : trees.error().message;
}

}  // namespace

TEST_CASE("plain scalars are what they read as, quoted ones are text") {
    CHECK(json::dump(one("{a: 1, b: \"1\", c: true, d: 'true', e: ~, f:, g: 1.5, h: 30s, i: no, j: -7}")) ==
          R"({"a":1,"b":"1","c":true,"d":"true","e":null,"f":null,"g":1.5,"h":"30s","i":"no","j":-7})");
}

TEST_CASE("variables are replaced before a plain value is read, and never make structure") {
    ::setenv("SONDE_TEST_TREE", "7", 1);
    ::setenv("SONDE_TEST_MAP", "{a: b}", 1);
    CHECK(json::dump(one("a: ${SONDE_TEST_TREE}\nb: \"${SONDE_TEST_TREE}\"\nc: $${X}\nd: ${SONDE_TEST_NONE:-x}\n")) == R"({"a":7,"b":"7","c":"${X}","d":"x"})");
    CHECK(json::dump(one("a: ${SONDE_TEST_MAP}")) == R"({"a":"{a: b}"})");
    CHECK(json::dump(one("a: ${SONDE_TEST_TREE}", Variables::keep)) == R"({"a":"${SONDE_TEST_TREE}"})");
}

TEST_CASE("each value has its line, by document") {
    const auto trees = read_trees("a: 1\nb:\n  c: [x,\n      y]\n---\n- d\n", "f", Variables::replace);
    REQUIRE(trees.ok());
    REQUIRE(trees->size() == 2);
    CHECK((*trees)[0].lines.at("/a") == 1);
    CHECK((*trees)[0].lines.at("/b/c") == 3);
    CHECK((*trees)[0].lines.at("/b/c/1") == 4);
    CHECK((*trees)[1].lines.at("/0") == 6);
}

TEST_CASE("what is not taken is told with its line") {
    CHECK(wrong("a: 1\na: 2\n") == "f:2: \"a\" is there twice");
    CHECK(wrong("a: &x 1\n") == "f:1: anchors are not taken: say it where it is needed");
    CHECK(wrong("a: !!str 1\n") == "f:1: tags are not taken");
    CHECK(wrong("a: 1\n? [b]\n: c\n") == "f:2: a key must be text");
    CHECK(wrong("a: ${SONDE_TEST_NONE}\nb: ${x y}\n") == "f:1: the environment variable SONDE_TEST_NONE is not set\nf:2: \"${x y}\" does not name an environment variable");
    CHECK(wrong("a: [1\n").starts_with("f:2: is not valid YAML"));
    CHECK(wrong(std::string(40, '[') + std::string(40, ']')) == "f:1: it is nested too deep");
    CHECK(!read_trees("a: 1", "f", Variables::replace, {.bytes = 3, .depth = 9}).ok());
}

TEST_CASE("what is written is read back equal, and reads well") {
    const auto document = *json::parse(R"({"name": "Shop", "on": "off", "odd": "a: b # c", "empty": "", "number": "12", "time": "1h30m", "dollar": "${X}", "unicode": "Grüße",
        "list": [1, "two", {"three": null}], "long": [{"text": "something that is rather long to stand on one line with others"}, {"text": "another that is as long as that"}],
        "map": {"x": {"y": [true, false]}}, "nothing": {}, "none": [], "lines": "a\nb\t"})");
    const auto text = write_yaml(document);
    CAPTURE(text);
    CHECK(text.find("time: 1h30m\n") != std::string::npos);
    CHECK(text.find("name: Shop\n") != std::string::npos);
    CHECK(json::dump(one(text)) == json::dump(document));
}

}  // namespace tree_test
