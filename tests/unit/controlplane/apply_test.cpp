// What files want of what is there: fields, ownership, defaults, references. All of it pure.
#include "controlplane/api/apply/plan.h"

#include <doctest/doctest.h>

namespace apply_test {

using namespace sonde;
using namespace sonde::controlplane::apply_api;

namespace {

Json doc(std::string_view text) { return *json::parse(text); }

std::string desired(std::string_view present, std::string_view applied, std::string_view patch, std::string_view by_default = "{}") {
    return json::dump(desire(doc(present), doc(applied), doc(patch), doc(by_default)).document);
}

}  // namespace

TEST_CASE("what files set is laid over what is there, maps by their members, lists as they are") {
    CHECK(desired(R"({"a": 1, "m": {"x": 1, "y": 2}, "l": [1, 2]})", "{}", R"({"m": {"x": 3}, "l": [3]})") == R"({"a":1,"m":{"x":3,"y":2},"l":[3]})");
    CHECK(desire(doc(R"({"a": 1, "b": 2})"), doc(R"({"a": 1})"), doc(R"({"a": 1})"), {}).same);
    CHECK(!desire(doc(R"({"a": 1, "b": 2})"), doc(R"({"a": 1, "b": 2})"), doc(R"({"a": 1})"), {}).same);
}

TEST_CASE("what files set no more goes, and so do defaults that nobody set") {
    CHECK(desired(R"({"a": 1, "b": 2, "c": 3})", R"({"a": 1, "b": 2})", R"({"a": 1})") == R"({"c":3,"a":1})");
    CHECK(desired(R"({"interval": 8, "timeout": 6, "by_hand": 1})", R"({"interval": 8})", R"({"interval": 5})", R"({"interval": 8, "timeout": 6, "by_hand": 0})") ==
          R"({"by_hand":1,"interval":5})");
    CHECK(desired(R"({"m": {"x": 1}})", R"({"m": {"x": 1}})", "{}") == "{}");
}

TEST_CASE("another way of authentication has nothing of the old one") {
    CHECK(desired(R"({"auth": {"type": "bearer", "token": "t"}})", "{}", R"({"auth": {"type": "basic", "username": "u"}})") == R"({"auth":{"type":"basic","username":"u"}})");
    CHECK(desired(R"({"headers": {"type": "a", "b": "c"}})", "{}", R"({"headers": {"type": "x"}})") == R"({"headers":{"type":"x","b":"c"}})");
}

TEST_CASE("drift is what the files said before and say again") {
    const auto changes = explain_changes(doc(R"({"a": 2, "b": 2})"), doc(R"({"a": 1, "b": 3})"), doc(R"({"a": 1, "b": 1})"), doc(R"({"a": 1, "b": 3})"));
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].by_hand);
    CHECK(!changes[1].by_hand);
}

TEST_CASE("a status page has its slug as its key, and keys in its components") {
    References references;
    references.tell(Kind::site, "shop", SiteId{1}.text());
    references.tell(Kind::monitor, "shop/a", MonitorId{2}.text());
    json::Problems problems;
    const auto set = doc(R"({"title":"Acme","groups":[{"components":[{"id":"a","name":"A","monitors":["shop/a"]},{"id":"shop","name":"Shop","sites":["shop"]}]}]})");
    const auto page = references.resolve(Kind::status_page, "acme", set, "/set", problems);
    CHECK(page["slug"] == "acme");
    CHECK(page["groups"][0]["components"][0]["monitors"] == Json{MonitorId{2}.text()});
    CHECK(page["groups"][0]["components"][1]["sites"] == Json{SiteId{1}.text()});
    const auto whole = canonical(Kind::status_page, page, "", problems);
    CHECK(problems.empty());
    CHECK(whole["groups"][0]["components"][0]["shows_latency"] == doc(R"({"regions":{}})"));
    CHECK(json::dump(references.name(Kind::status_page, brief(Kind::status_page, whole))) ==
          R"({"title":"Acme","groups":[{"name":"","collapsed":false,"components":[{"id":"a","name":"A","monitors":["shop/a"]},{"id":"shop","name":"Shop","sites":["shop"]}]}]})");

    const auto wrong = doc(R"({"slug": "acme", "groups": [1, {"components": [2, {"monitors": ["shop/b"], "sites": 3}]}]})");
    static_cast<void>(references.resolve(Kind::status_page, "acme", wrong, "/set", problems));
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].pointer == "/set/slug");
    CHECK(problems[1].pointer == "/set/groups/1/components/1/monitors/0");
}

TEST_CASE("a status page's password stands among its secrets, and nothing else does") {
    const auto told = [](const char* document) {
        json::Problems problems;
        static_cast<void>(canonical(Kind::status_page, doc(document), "/set", problems));
        std::string text;
        for (const auto& problem : problems) text += problem.pointer + ": " + problem.detail + "\n";
        return text;
    };
    CHECK(told(R"({"slug": "a", "title": "A", "access": "password", "secrets": {"password": "correct horse"}})").empty());
    CHECK(told(R"({"slug": "a", "title": "A", "access": "password", "secrets": {"password": null}})").empty());
    CHECK(told(R"({"slug": "a", "title": "A", "access": "password", "password": "correct horse"})") == "/set/password: stands below `secrets`\n");
    CHECK(told(R"({"slug": "a", "title": "A", "secrets": {"password": "correct horse"}})") == "/set/secrets/password: goes with `access` \"password\" alone\n");
    CHECK(told(R"({"slug": "a", "title": "A", "access": "password", "secrets": {"password": 7}})").starts_with("/set/secrets/password: must be a string"));
    CHECK(told(R"({"slug": "a", "title": "A", "secrets": {"token": "t"}})").starts_with("/set/secrets/token: is no secret of a status page"));
}

TEST_CASE("keys become identifiers, and identifiers keys") {
    References references;
    references.expect(Kind::site, "shop");
    references.expect(Kind::monitor, "shop/a");
    references.tell(Kind::site, "shop", SiteId{1}.text());
    references.tell(Kind::monitor, "shop/a", MonitorId{2}.text());
    json::Problems problems;
    const auto group = references.resolve(Kind::group, "g", doc(R"({"site": "shop", "members": ["shop/a"]})"), "/set", problems);
    CHECK(group["site_id"] == SiteId{1}.text());
    CHECK(json::dump(references.name(Kind::group, group)) == R"({"site":"shop","members":["shop/a"]})");
    const auto edge = references.resolve(Kind::dependency, "d", doc(R"({"child": {"monitor": "shop/a"}, "parent": {"site": "shop"}})"), "/set", problems);
    CHECK(json::dump(references.name(Kind::dependency, edge)) == R"({"child":{"monitor":"shop/a"},"parent":{"site":"shop"}})");
    CHECK(problems.empty());
    static_cast<void>(references.resolve(Kind::group, "g", doc(R"({"site": "none", "members": [1]})"), "/set", problems));
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].pointer == "/set/site");
    CHECK(problems[1].pointer == "/set/members/0");
}

TEST_CASE("a mistake is where the files have it") {
    CHECK(pointer_in_files(Kind::group, doc(R"({"site": "shop"})"), "/site_id") == "/site");
    CHECK(pointer_in_files(Kind::group, doc("{}"), "/site_id") == "/site");
    CHECK(pointer_in_files(Kind::group, doc(R"({"site_id": 1})"), "/site_id") == "/site_id");
    CHECK(pointer_in_files(Kind::drill, doc("{}"), "/channel_id") == "/channel");
    CHECK(pointer_in_files(Kind::route_override, doc("{}"), "/escalation_id") == "/escalation");
    CHECK(pointer_in_files(Kind::channel, doc("{}"), "/fallback_channel_id") == "/fallback_channel_id");
}

TEST_CASE("credentials are masked, by name and in URLs, and names of secrets are not") {
    CHECK(masked("/spec/auth/password", "x") == "***");
    CHECK(masked("/spec/headers/X-Api-Key", "x") == "***");
    CHECK(masked("/spec/auth/password", "{{secrets.P}}") == "{{secrets.P}}");
    CHECK(masked("/config/url", "https://a.example/?token=b") == "https://a.example/?token=***");
    CHECK(masked("/spec/url", "https://a.example/") == "https://a.example/");
}

TEST_CASE("a field's pointer has odd names escaped") {
    auto document = doc(R"({"headers": {"a/b~c": "1", "d": "2"}})");
    const auto fields = fields_of(document);
    REQUIRE(fields.contains("/headers/a~1b~0c"));
    remove_field(document, "/headers/a~1b~0c");
    remove_field(document, "/headers/d");
    CHECK(document.empty());
}

TEST_CASE("brief says what differs from defaults, and reads back to the same") {
    json::Problems problems;
    const auto whole = canonical(Kind::monitor, doc(R"({"site_id": "sit_0000000000001", "kind": "http", "name": "m", "interval_ms": 11000, "timeout_ms": 10000, "severity": "minor",
                                                        "spec": {"url": "https://a.example/", "method": "HEAD"}, "policy": {"quorum": {"at_least": 2}}})"), "", problems);
    REQUIRE(problems.empty());
    const auto said = brief(Kind::monitor, whole);
    CHECK(!said.contains("tags"));
    CHECK(said["timeout_ms"] == 10000);
    CHECK(said["spec"].size() == 2);
    CHECK(json::same_content(canonical(Kind::monitor, said, "", problems), whole));
}

TEST_CASE("keys are words, those of monitors two of them, and never identifiers") {
    CHECK(is_key(Kind::site, "shop.eu_1-a"));
    CHECK(!is_key(Kind::site, "-shop"));
    CHECK(!is_key(Kind::site, "a/b"));
    CHECK(!is_key(Kind::site, SiteId{1}.text()));
    CHECK(is_key(Kind::monitor, "a/b"));
    CHECK(!is_key(Kind::monitor, "a"));
    CHECK(!is_key(Kind::monitor, "a/b/c"));
    CHECK(!is_key(Kind::region, "EU"));
}

}  // namespace apply_test
