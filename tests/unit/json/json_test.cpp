#include <doctest/doctest.h>

#include "lib/json/reader.h"

namespace json_test {

using namespace sonde;

namespace {

std::string refusal(std::string_view text, json::Limits limits = {}) {
    auto parsed = json::parse(text, limits);
    return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("documents that are not JSON, or too much of it, are refused with the reason") {
    CHECK(refusal(R"({"a":1})").empty());
    CHECK(refusal("{") == "is not valid JSON near byte 2");
    CHECK(refusal("\"\xff\"").starts_with("is not valid JSON near byte"));
    CHECK(refusal(R"({"a":1,"a":2})") == "has the key \"a\" twice in one object");
    CHECK(refusal(R"({"a":{"b":1},"b":[{"a":1},{"a":2}]})").empty());
    CHECK(refusal("[[[]]]", {.depth = 2}) == "is nested deeper than 2 levels");
    CHECK(refusal("[1,2,3]", {.bytes = 3}) == "is larger than 3 bytes");
    CHECK(refusal(std::string(500'000, '[')).size() > 0);
    CHECK(refusal("1e999") == "has a number out of range");
}

TEST_CASE("an object with very many members costs no more than its length, and of equal names the last counts where that is asked for") {
    std::string text = "{";
    for (int i = 0; i < 200'000; ++i) text += '"' + std::to_string(i) + "\":0,";
    text += R"("7":1})";
    CHECK(refusal(text, {.bytes = 16 << 20}) == "has the key \"7\" twice in one object");
    const auto lenient = json::parse(text, {.bytes = 16 << 20, .duplicates = json::Duplicates::last_counts});
    REQUIRE(lenient);
    CHECK(lenient->size() == 200'000);
    CHECK(std::next(lenient->begin(), 7).value() == 1);
}

TEST_CASE("a reader reports every mistake with its pointer") {
    const auto document = *json::parse(R"({"name":"","count":1.5,"flag":"yes","wait_ms":99999,"tags":["ok",1,"\u0001"],"extra/~":1})");
    json::Problems problems;
    json::Reader in(document, "/m", problems);
    std::string name = "before";
    std::int64_t count = 7;
    bool flag = false;
    milliseconds wait{1};
    std::vector<std::string> tags;
    in.require({"name", "kind"});
    CHECK(!in.text("name", name, {.min = 1}));
    CHECK(!in.whole("count", count, 0, 10));
    CHECK(!in.boolean("flag", flag));
    CHECK(!in.duration_ms("wait_ms", wait, milliseconds{0}, milliseconds{1000}));
    CHECK(!in.texts("tags", tags, 10));
    in.finish();
    std::string trace;
    for (const auto& problem : problems) trace += problem.pointer + ": " + problem.detail + "\n";
    CHECK(trace ==
          "/m: the field \"kind\" is required\n"
          "/m/name: must be a string of 1 to 200 bytes\n"
          "/m/count: must be a whole number from 0 to 10\n"
          "/m/flag: must be true or false\n"
          "/m/wait_ms: must be a whole number from 0 to 1000\n"
          "/m/tags/1: must be a string of at most 200 bytes\n"
          "/m/tags/2: must not contain control characters\n"
          "/m/extra~1~0: is not a field of this object\n");
    CHECK(name == "before");
    CHECK(count == 7);
}

TEST_CASE("a text that is UTF-8 stays as it is, and what is broken in one is replaced") {
    struct Row {
        std::string text;
        std::string clean;
    };
    using namespace std::string_literals;
    for (const auto& [text, clean] : {
             Row{"", ""},
             Row{"plain \"text\"\n\t\x01\x7f", "plain \"text\"\n\t\x01\x7f"},
             Row{"é, € and \xF0\x9F\x98\x80", "é, € and \xF0\x9F\x98\x80"},
             Row{"a\0b\0"s, "a b "},
             Row{"é\0"s, "é "},
             Row{"\xff", "\xEF\xBF\xBD"},
             Row{"ab\xC3", "ab\xEF\xBF\xBD"},
             Row{"ab\xE2\x82", "ab\xEF\xBF\xBD"},
             Row{"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
             Row{"\0\xff"s, " \xEF\xBF\xBD"},
         }) {
        CAPTURE(text);
        CHECK(json::clean_utf8(text) == clean);
    }
    for (const auto* broken : {"\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "a\x80z"}) {
        const auto clean = json::clean_utf8(broken);
        CHECK(clean.find("\xEF\xBF\xBD") != std::string::npos);
        CHECK(json::clean_utf8(clean) == clean);
    }
}

TEST_CASE("documents hold the same whatever the order of their keys, and in lists in theirs alone") {
    const auto same = [](std::string_view left, std::string_view right) { return json::same_content(*json::parse(left), *json::parse(right)); };
    CHECK(same(R"({"a": 1, "b": [{"c": null, "d": "x"}]})", R"({"b": [{"d": "x", "c": null}], "a": 1})"));
    CHECK(same("1", "1.0"));
    CHECK(same("[]", "[]"));
    CHECK_FALSE(same("[1, 2]", "[2, 1]"));
    CHECK_FALSE(same(R"({"a": 1})", R"({"a": 1, "b": null})"));
    CHECK_FALSE(same(R"({"a": 1})", R"({"a": "1"})"));
    CHECK_FALSE(same("{}", "[]"));
    CHECK_FALSE(same("0", "false"));
}

TEST_CASE("members are added behind those that there are, and take the place of those of the same name") {
    Json document{{"id", 1}, {"name", "old"}};
    json::add(document, {{"name", "new"}, {"tags", {"a", "b"}}});
    CHECK(json::dump(document) == R"({"id":1,"name":"new","tags":["a","b"]})");
    json::add(document, Json::object());
    CHECK(document.size() == 3);
}

}  // namespace json_test
