#include "cli/files/read.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "cli/apply/present.h"
#include "cli/files/write.h"
#include "tests/unit/cli/scratch.h"

namespace files_test {

using namespace sonde;
using namespace sonde::cli;

namespace {

files::Read good(const std::string& text) {
    auto read = files::read({{"a.yaml", text}});
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    return std::move(*read);
}

std::string mistakes(const std::string& text) {
    const auto read = files::read({{"a.yaml", text}});
    return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("monitors stand within their site or name it, and have its key before their own") {
    const auto read = good("sites:\n  shop:\n    name: Shop\n    monitors:\n      home: {name: h, interval: 30s}\nmonitors:\n  cart: {site: shop, name: c, interval_ms: 9000}\n");
    CHECK(json::dump(read.request("files", true, false)) ==
          R"({"owner":"files","mode":"plan","prune":false,"resources":[{"kind":"site","key":"shop","set":{"name":"Shop"}},)"
          R"({"kind":"monitor","key":"shop/home","set":{"name":"h","interval_ms":30000}},{"kind":"monitor","key":"shop/cart","set":{"name":"c","interval_ms":9000}}]})");
}

TEST_CASE("a mistake the server finds has its place in the file") {
    const auto read = good("sites:\n  shop:\n    name: Shop\n    monitors:\n      home:\n        name: h\n        interval: 30s\n        spec:\n          url: x\n");
    CHECK(read.place("/resources/1/set/interval_ms") == "a.yaml:7: monitor shop/home, interval_ms");
    CHECK(read.place("/resources/1/set/spec/url") == "a.yaml:9: monitor shop/home, spec/url");
    CHECK(read.place("/resources/1/set/spec/method") == "a.yaml:8: monitor shop/home, spec/method");
    CHECK(read.place("/resources/0/key") == "a.yaml:2: site shop");
    CHECK(read.place("").empty());
}

TEST_CASE("mistakes of files are told with file and line, all at once") {
    CHECK(mistakes("sits: {}\nsites:\n  shop:\n    monitors:\n      home: {interval: 30}\nmonitors:\n  cart: {name: c}\n") ==
          "a.yaml:1: there is no section \"sits\": they are regions, channels, sites, monitors, groups, dependencies, maintenance, schedules, schedule_overrides, "
          "escalations, routes, route_overrides, status_pages, drills\n"
          "a.yaml:5: \"interval\" must be a duration as 500ms, 30s or 1h30m\n"
          "a.yaml:7: the monitor \"cart\" needs a `site`, which is the key of one");
    CHECK(mistakes("sites:\n  a: {name: x}\n---\nsites:\n  a: {name: y}\n") == "a.yaml:5: the site a is there already, at a.yaml:2");
    CHECK(mistakes("sites:\n  a: {name: x, name: y}\n") == "a.yaml:2: \"name\" is there twice");
    CHECK(mistakes("sites:\n  a: &x {name: x}\n").starts_with("a.yaml:2: anchors are not taken"));
    CHECK(mistakes("sites:\n  a: {name: \"${SONDE_TEST_UNSET}\"}\n") == "a.yaml:2: the environment variable SONDE_TEST_UNSET is not set");
    CHECK(mistakes("sites: [\n").starts_with("a.yaml:2: is not valid YAML"));
}

TEST_CASE("a secret is text, a variable, or nothing to keep what there is") {
    ::setenv("SONDE_TEST_SECRET", "s3cret", 1);
    const auto read = good("sites:\n  s:\n    monitors:\n      m:\n        secrets:\n          A: {env: SONDE_TEST_SECRET}\n          B: {env: SONDE_TEST_UNSET}\n          C:\n          D: \"1\"\n");
    CHECK(json::dump(read.resources[1].set) == R"({"secrets":{"A":"s3cret","B":null,"C":null,"D":"1"}})");
    CHECK(read.unset.at("/resources/1/set/secrets/B") == "SONDE_TEST_UNSET");
    CHECK(mistakes("sites:\n  s:\n    monitors:\n      m:\n        secrets:\n          A: 12345\n") == "a.yaml:6: the secret A must be text: put it in quotes");
}

TEST_CASE("what is written is read back as it was") {
    std::vector<files::Resource> resources{
        {"site", "shop", "sit_0000000000001", {{"name", "Shop: \"x\" #1"}, {"tags", {"a", "true", "1.5", "${X}", ""}}}, {"a note\nin two lines"}},
        {"monitor", "shop/home", {}, {{"name", "h"}, {"interval_ms", 90000}, {"spec", {{"url", "https://a.example/?b=c"}, {"body", "line\n\tand\n"}, {"headers", {{"timeout_ms", "7"}}}}}}, {}},
        {"group", "no", {}, {{"site", "shop"}, {"needed", 1}, {"members", {"shop/home"}}}, {}}};
    const auto text = files::write_one(resources, {"head"});
    CAPTURE(text);
    CHECK(text.find("interval: 1m30s") != std::string::npos);
    CHECK(text.find("# a note in two lines") != std::string::npos);
    const auto read = good(text);
    REQUIRE(read.resources.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(read.resources[i].key == resources[i].key);
        CHECK(read.resources[i].adopt == resources[i].adopt);
        CHECK(json::dump(read.resources[i].set) == json::dump(resources[i].set));
    }
    CHECK(files::write_many(resources, {}).size() == 2);
}

TEST_CASE("regions are named as their owners like, also as a duration of ours") {
    const std::string text = "status_pages:\n  acme:\n    title: Acme\n    groups:\n      - components:\n          - {id: a, name: A, shows_latency: {regions: {delay: Europe, eu: 10s}}}\n";
    const auto read = good(text);
    CHECK(json::dump(read.resources[0].set["groups"][0]["components"][0]["shows_latency"]) == R"({"regions":{"delay":"Europe","eu":"10s"}})");
    CHECK(json::dump(good(files::write_one(read.resources, {})).resources[0].set) == json::dump(read.resources[0].set));
}

TEST_CASE("a value that is long is shown in part") {
    const auto answer = [](const std::string& logo) {
        return Json{{"owner", "files"}, {"mode", "plan"}, {"changes", true},
                    {"summary", {{"unchanged", 0}, {"create", 0}, {"update", 1}, {"adopt", 0}, {"delete", 0}, {"release", 0}, {"orphan", 0}, {"keep", 0}, {"over", 0}}},
                    {"steps", {{{"action", "update"}, {"kind", "status_page"}, {"key", "acme"}, {"id", "stp_1"}, {"name", "Acme"}, {"reason", ""},
                                {"changes", {{{"field", "/logo"}, {"old", ""}, {"new", logo}, {"by_hand", false}}}}}}}};
    };
    const auto told = apply::present(answer("data:image/png;base64," + std::string(200'000, 'A')));
    CHECK(told.size() < 1'500);
    CHECK(told.find("AAA… (2000") != std::string::npos);
}

TEST_CASE("an exported secret names a variable of its own") {
    const auto resources = files::from_export(*json::parse(R"({"resources": [{"kind": "monitor", "key": "a-b/c", "set": {"secrets": {"KEY": null}}},
                                                                          {"kind": "monitor", "key": "a_b/c", "set": {"secrets": {"KEY": null}}}]})"));
    CHECK(resources[0].set["secrets"]["KEY"]["env"] == "SONDE_A_B_C_KEY");
    CHECK(resources[1].set["secrets"]["KEY"]["env"] == "SONDE_A_B_C_KEY_2");
}

TEST_CASE("the example can be read, with every kind in it") {
    const auto read = files::read(files::find_files({std::string(std::getenv("SONDE_SOURCE_DIR")) + "/config/files"}));
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    CHECK(read->resources.size() == 14);
    CHECK(read->names.size() == 4);
}

TEST_CASE("a plan reads as a list of what changes") {
    const auto answer = *json::parse(R"({"owner": "files", "mode": "plan", "changes": true,
        "summary": {"unchanged": 3, "create": 1, "update": 1, "adopt": 0, "delete": 0, "release": 0, "orphan": 1, "keep": 0, "over": 1},
        "steps": [{"action": "create", "kind": "site", "key": "shop", "id": null, "name": "Shop", "reason": "", "changes": [{"field": "/name", "old": null, "new": "Shop", "by_hand": false}]},
                  {"action": "update", "kind": "monitor", "key": "shop/home", "id": "mon_1", "name": "home", "reason": "",
                   "changes": [{"field": "/interval_ms", "old": 60000, "new": 30000, "by_hand": true}, {"field": "/secrets/KEY", "old": "***", "new": "***", "by_hand": false}]},
                  {"action": "orphan", "kind": "site", "key": "old", "id": "sit_1", "name": "Old", "reason": "no file has it any more", "changes": []},
                  {"action": "over", "kind": "schedule_override", "key": "easter", "id": null, "name": "", "reason": "it is over", "changes": []}]})");
    CHECK(apply::present(answer) ==
          "  + site shop \"Shop\"\n      name: Shop\n"
          "  ~ monitor shop/home \"home\" (mon_1)\n      interval: 1m -> 30s   (changed by hand)\n      secrets.KEY: changes, and is not shown\n"
          "  ? site old \"Old\" (sit_1): no file has it any more; --prune deletes what the files made\n"
          "  ? schedule_override easter: it is over, and is not made\n"
          "Plan: 1 to create, 1 to change, 0 to delete, 3 unchanged, 1 in no file any more, 1 over\n");
    CHECK(apply::changes(answer));
}

}  // namespace files_test
