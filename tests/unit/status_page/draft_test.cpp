#include "controlplane/status_page/draft.h"

#include <doctest/doctest.h>

#include "controlplane/status_page/image.h"
#include "lib/crypto/crypto.h"

namespace status_page_draft_test {

using namespace sonde;
using namespace sonde::status_page;

namespace {

std::string picture(std::string_view type, std::string bytes) { return "data:" + std::string(type) + ";base64," + crypto::base64(bytes); }

const std::string kPng = picture("image/png", std::string("\x89PNG\r\n\x1a\n") + "whatever");

Json component(const std::string& id) { return {{"id", id}, {"name", "N"}, {"monitors", {MonitorId{7}.text()}}}; }

Json whole() {
    return {{"slug", "acme"}, {"domain", "status.acme.example"}, {"title", "Acme"}, {"language", "hr"}, {"time_zone", "Europe/Zagreb"}, {"logo", kPng}, {"accent", "#00aaff"},
            {"home_url", "https://acme.example/"}, {"indexed", false}, {"access", "password"}, {"days", 30}, {"accounting", {{"degraded", "down"}}},
            {"groups", {{{"name", "G"}, {"collapsed", true}, {"components", {component("api"), {{"id", "shop"}, {"name", "Shop"}, {"sites", {SiteId{8}.text()}},
                                                                                                 {"shows_latency", {{"regions", {{"eu", "Europe"}, {"us", "America"}}}}}}}}}}}};
}

// The mistakes of `whole()` with `change`, as lines.
std::string mistakes(const Json& change) {
    auto document = whole();
    document.merge_patch(change);
    json::Problems problems;
    read_page(document, "", problems);
    std::string text;
    for (const auto& problem : problems) text += problem.pointer + ": " + problem.detail + "\n";
    return text;
}

}  // namespace

TEST_CASE("a page is read, and its document reads back equal") {
    json::Problems problems;
    const auto draft = read_page(whole(), "", problems);
    REQUIRE(problems.empty());
    CHECK(draft.host == "status.acme.example");
    CHECK(draft.access == Access::password);
    CHECK(draft.groups.at(0).components.at(1).latencies.at(1).second == "America");
    CHECK(draft.monitors() == std::vector<std::int64_t>{7});
    CHECK(draft.sites() == std::vector<std::int64_t>{8});
    CHECK(draft.accounting.over({}).degraded == history::Counts::down);
    CHECK(draft.accounting.over({.paused = history::Counts::down}).paused == history::Counts::down);
    CHECK(read_page(write_page(draft), "", problems) == draft);
    CHECK(problems.empty());
    CHECK(read_groups(write_groups(draft.groups)) == draft.groups);
    CHECK(read_accounting(write_accounting(draft.accounting)) == draft.accounting);
}

TEST_CASE("each mistake of a page is told at its place") {
    struct Row {
        Json change;
        std::string_view told;
    };
    const Row rows[] = {
        {{{"slug", "Acme"}}, "/slug: must be small letters"},
        {{{"slug", "-a"}}, "/slug: must be small letters"},
        {{{"domain", "Acme.example"}}, "/domain: must be the name of a host"},
        {{{"domain", "acme.example:8443"}}, "/domain: must be the name of a host"},
        {{{"domain", "127.0.0.1"}}, "/domain: must be the name of a host"},
        {{{"domain", "a/b"}}, "/domain: must be the name of a host"},
        {{{"domain", "acme.example."}}, "/domain: must be the name of a host"},
        {{{"domain", "käse.example"}}, "/domain: must be the name of a host"},
        {{{"domain", "u@acme.example"}}, "/domain: must be the name of a host"},
        {{{"title", ""}}, "/title: must be a string of 1"},
        {{{"language", "it"}}, "/language: must be one of en, de, fr, es, hr"},
        {{{"time_zone", "Europe/Zagrob"}}, "/time_zone: "},
        {{{"accent", "red"}}, "/accent: must be a colour"},
        {{{"css", "a {}\n@import 'x'"}}, "/css: line 2, column 1: @import is not allowed"},
        {{{"home_url", "javascript:alert(1)"}}, "/home_url: "},
        {{{"support_url", "https://u:p@acme.example/"}}, "/support_url: must not have a user"},
        {{{"access", "friends"}}, "/access: "},
        {{{"password", "short"}}, "/password: must have at least 8"},
        {{{"access", "token"}, {"password", "long enough a word"}}, "/password: goes with"},
        {{{"days", 91}}, "/days: "},
        {{{"accounting", {{"up", "down"}}}}, "/accounting/up: "},
        {{{"groups", {{{"components", {component("a"), component("a")}}}}}}, "/groups/0/components/1/id: is the identifier of another"},
        {{{"groups", {{{"components", {component("A b")}}}}}}, "/groups/0/components/0/id: must be small letters"},
        {{{"groups", {{{"components", {{{"id", "a"}, {"name", "n"}}}}}}}}, "/groups/0/components/0: must have at least one"},
        {{{"groups", {{{"components", {{{"id", "a"}, {"name", "n"}, {"monitors", {"sit_0000000000000"}}}}}}}}}, "/groups/0/components/0/monitors/0: is not an identifier"},
        {{{"token", "t"}}, "/token: "},
        {{{"colour", "t"}}, "/colour: "},
    };
    for (const auto& row : rows) {
        const auto told = mistakes(row.change);
        CHECK_MESSAGE(told.starts_with(row.told), row.told << "\n" << told);
    }
    CHECK(mistakes(Json::object()).empty());
}

TEST_CASE("a page has at most 500 components, in whatever groups") {
    Json groups = Json::array();
    for (int g = 0; g < 2; ++g) {
        Json components = Json::array();
        for (int c = 0; c < 251; ++c) components.push_back(component("c-" + std::to_string(g) + "-" + std::to_string(c)));
        groups.push_back({{"components", components}});
    }
    CHECK(mistakes({{"groups", groups}}).find("/groups: must have at most 500 components in all") != std::string::npos);
}

TEST_CASE("pictures are what they say they are, and no more than raster images") {
    CHECK_FALSE(image_mistake(kPng));
    CHECK_FALSE(image_mistake(picture("image/jpeg", "\xff\xd8\xff\xe0")));
    CHECK_FALSE(image_mistake(picture("image/gif", "GIF89a")));
    CHECK_FALSE(image_mistake(picture("image/webp", "RIFF....WEBPVP8 ")));
    CHECK_FALSE(image_mistake(picture("image/x-icon", std::string("\0\0\1\0", 4))));
    CHECK(image_mistake(picture("image/svg+xml", "<svg/>")));
    CHECK(image_mistake(picture("image/png", "<script>")));
    CHECK(image_mistake(picture("image/png", "GIF89a")));
    CHECK(image_mistake(picture("image/webp", "RIFF....AVI ")));
    CHECK(image_mistake("data:image/png;base64,@@@"));
    CHECK(image_mistake("https://acme.example/logo.png"));
    CHECK(image_mistake(picture("image/gif", "GIF89a" + std::string(kMostImage, 'x'))));
}

}  // namespace status_page_draft_test
