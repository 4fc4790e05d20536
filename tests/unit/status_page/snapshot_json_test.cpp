#include "controlplane/status_page/snapshot_json.h"

#include <doctest/doctest.h>

#include "controlplane/status_page/rack.h"
#include "controlplane/status_page/shelf.h"
#include "tests/unit/status_page/sample.h"

namespace status_page_snapshot_json_test {

using namespace sonde;
using namespace sonde::status_page;

namespace {

Page sample() {
    Page page;
    page.snapshot = test::sample_page();
    // Incidents have real identifiers.
    page.snapshot.open[0].id = IncidentId{1}.text();
    page.snapshot.past[0].id = IncidentId{2}.text();
    page.slug = page.snapshot.slug;
    page.host = "status.acme.example";
    page.guard = {Access::token, "", std::string(32, '\x80'), 3};
    return page;
}

}  // namespace

TEST_CASE("a snapshot is read back as it was written") {
    const auto page = sample().snapshot;
    json::Problems problems;
    const auto document = write_snapshot(page);
    const auto again = read_snapshot(*json::parse(json::dump(document)), "", problems);
    for (const auto& problem : problems) MESSAGE(problem.pointer << ": " << problem.detail);
    CHECK(problems.empty());
    CHECK(again == page);
}

TEST_CASE("what is no snapshot is refused, wherever it is wrong") {
    const auto document = write_snapshot(sample().snapshot);
    struct Row {
        const char* pointer;
        Json value;
    };
    const Row rows[] = {
        {"/slug", "../x"},
        {"/look/logo", "https://elsewhere.example/"},
        {"/look/accent", "red;}"},
        {"/made_at", "yesterday"},
        {"/condition", "fine"},
        {"/groups/0/components/0/id", "A"},
        {"/groups/0/components/0/uptime", 1.5},
        {"/groups/0/components/0/days/0/date", "2026-02-30"},
        {"/groups/0/components/0/days/0/worst", 3},
        {"/open/0/id", "inc"},
        {"/open/0/updates/0/phase", "done"},
        {"/maintenance/0/starts_at", 7},
    };
    for (const auto& row : rows) {
        auto broken = document;
        broken[Json::json_pointer(row.pointer)] = row.value;
        json::Problems problems;
        read_snapshot(broken, "", problems);
        CHECK_MESSAGE((!problems.empty() && problems[0].pointer == row.pointer), row.pointer);
    }
    auto more = document;
    more["target"] = "https://internal.example/";
    json::Problems problems;
    read_snapshot(more, "", problems);
    CHECK(problems.size() == 1);
}

TEST_CASE("a file has the page with what protects it, and its version is the same when it is read again") {
    const StatusPageId id{77};
    const auto page = sample();
    const auto file = write_file(id, page);
    const auto again = read_file(file);
    REQUIRE(again.ok());
    CHECK(again->first == id);
    CHECK(again->second.host == page.host);
    CHECK(again->second.guard == page.guard);
    CHECK(again->second.snapshot == page.snapshot);
    CHECK(again->second.version == version_of(file));
    CHECK(write_file(id, again->second) == file);
    CHECK_FALSE(read_file(file.substr(0, file.size() - 1)).ok());
    CHECK_FALSE(read_file("{}").ok());
    CHECK_FALSE(read_file("").ok());
    auto later = page;
    later.snapshot.made_at += milliseconds{1};
    CHECK(version_of(write_file(id, later)) != version_of(file));
}

TEST_CASE("time that passes is no difference, and all else is") {
    const auto was = sample();
    auto is = was;
    is.snapshot.made_at += std::chrono::minutes{1};
    is.snapshot.groups[0].components[0].uptime = 0.5;
    is.snapshot.groups[0].components[0].days.clear();
    CHECK_FALSE(looks_different(was, is));
    const auto differs = [&was](auto change) {
        auto other = was;
        change(other);
        return looks_different(was, other);
    };
    CHECK(differs([](Page& page) { page.guard.generation = 4; }));
    CHECK(differs([](Page& page) { page.host.clear(); }));
    CHECK(differs([](Page& page) { page.snapshot.look.title = "t"; }));
    CHECK(differs([](Page& page) { page.snapshot.groups[0].components[0].condition = Condition::degraded; }));
    CHECK(differs([](Page& page) { page.snapshot.open[0].updates.clear(); }));
    CHECK(differs([](Page& page) { page.snapshot.maintenance.pop_back(); }));
    CHECK(differs([](Page& page) { page.snapshot.groups.pop_back(); }));
}

TEST_CASE("pages are found by name and host, also when they took each other's names") {
    Rack rack;
    const auto page = [](const char* slug, const char* host) {
        Page one;
        one.slug = slug;
        one.host = host;
        return std::make_shared<const Page>(one);
    };
    rack.put(StatusPageId{1}, page("a", "a.example"));
    rack.put(StatusPageId{2}, page("b", ""));
    CHECK(rack.find("a") == rack.find_host("a.example"));
    CHECK(rack.find_host("") == nullptr);
    rack.put(StatusPageId{1}, page("b", ""));
    rack.put(StatusPageId{2}, page("a", "a.example"));
    CHECK(rack.find("a") == rack.find(StatusPageId{2}));
    CHECK(rack.find("b") == rack.find(StatusPageId{1}));
    CHECK(rack.put(StatusPageId{1}, nullptr)->slug == "b");
    CHECK(rack.find("b") == nullptr);
    CHECK(rack.ids() == std::vector<StatusPageId>{StatusPageId{2}});
}

}  // namespace status_page_snapshot_json_test
