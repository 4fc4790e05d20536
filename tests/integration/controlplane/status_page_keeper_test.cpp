// Pages in memory, current by events, and still there without the database.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "controlplane/status_page/keeper.h"
#include "controlplane/status_page/shelf.h"
#include "tests/integration/controlplane/status_page_shop.h"

namespace status_page_keeper_test {

using namespace sonde;
using namespace sonde::test;
using status_page::Access;
using status_page::Condition;
using status_page::Keeper;

namespace {

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-pages-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
};

struct Kept {
    metrics::Registry metrics;
    Keeper keeper;
    explicit Kept(const Directory& directory, milliseconds refresh = std::chrono::hours{1})
        : keeper(stand().pool(), {.directory = (directory.path / "pages").string(), .builds_per_second = 100, .refresh = refresh}, {}, metrics) {
        keeper.start(stand().postgres().dsn());
    }
    [[nodiscard]] Condition condition(const std::string& slug) const {
        const auto page = keeper.find(slug);
        return page ? page->snapshot.condition : Condition::unknown;
    }
};

Json made(const Json& page) {
    const auto answer = stand().admin().post("/v1/status-pages", page);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json();
}
std::string path_of(const Json& page) { return "/v1/status-pages/" + page["id"].get<std::string>(); }

}  // namespace

TEST_CASE("a page is there when it is made, follows what changes, and goes when it is deleted") {
    const Directory directory;
    const Shop shop("followed");
    Kept kept(directory);
    std::atomic<int> rung{0};
    const auto subscription = kept.keeper.subscribe("followed", [&rung] { ++rung; });
    auto body = shop.page("followed");
    body["domain"] = "followed.example";
    const auto page = made(body);
    REQUIRE(eventually([&] { return kept.condition("followed") == Condition::operational; }));
    CHECK(kept.keeper.find_host("followed.example") == kept.keeper.find("followed"));
    CHECK(eventually([&] { return rung > 0; }));
    const auto before = kept.keeper.find("followed");

    shop.edge(0, 0, "down");
    CHECK(eventually([&] { return kept.condition("followed") == Condition::major_outage; }));
    CHECK(before->snapshot.condition == Condition::operational);
    CHECK(kept.keeper.find("followed")->version != before->version);

    const auto incident = shop.incident("t", 1, std::nullopt, {0});
    shop.news("incident.opened", incident);
    CHECK(eventually([&] { return kept.keeper.find("followed")->snapshot.open.size() == 1; }));

    REQUIRE(stand().admin().patch(path_of(page), {{"slug", "renamed"}, {"access", "password"}, {"password", "correct horse"}}).status == 200);
    CHECK(eventually([&] { return kept.keeper.find("followed") == nullptr && kept.keeper.find("renamed") != nullptr; }));
    CHECK(kept.keeper.find("renamed")->guard.access == Access::password);
    REQUIRE(stand().admin().del(path_of(page)).status == 204);
    CHECK(eventually([&] { return kept.keeper.find("renamed") == nullptr && kept.keeper.find_host("followed.example") == nullptr; }));
}

TEST_CASE("who subscribed to one page hears nothing of others, and nothing once he has ended it") {
    const Directory directory;
    const Shop shop("heard");
    const Shop other("unheard");
    Kept kept(directory);
    std::atomic<int> rung{0};
    auto subscription = kept.keeper.subscribe("heard", [&rung] { ++rung; });
    made(shop.page("heard"));
    made(other.page("unheard"));
    REQUIRE(eventually([&] { return rung == 1 && kept.keeper.find("unheard"); }));
    other.edge(0, 0, "down");
    REQUIRE(eventually([&] { return kept.condition("unheard") == Condition::major_outage; }));
    CHECK(rung == 1);
    subscription.reset();
    shop.edge(0, 0, "down");
    REQUIRE(eventually([&] { return kept.condition("heard") == Condition::major_outage; }));
    CHECK(rung == 1);
}

TEST_CASE("a page to which nothing happens is made anew for the time that passes, and nobody is told") {
    const Directory directory;
    const Shop shop("ageing");
    Kept kept(directory, milliseconds{50});
    std::atomic<int> rung{0};
    const auto subscription = kept.keeper.subscribe("ageing", [&rung] { ++rung; });
    made(shop.page("ageing"));
    REQUIRE(eventually([&] { return rung == 1; }));
    const auto before = kept.keeper.find("ageing")->snapshot.made_at;
    CHECK(eventually([&] { return kept.keeper.find("ageing")->snapshot.made_at > before; }));
    CHECK(rung == 1);
}

TEST_CASE("without the database the last pages stay, also after a restart, and are current again when it is back") {
    const Directory directory;
    const Shop shop("always");
    const auto page = made(shop.page("always"));
    std::string version;
    {
        Kept kept(directory);
        REQUIRE(eventually([&] { return kept.condition("always") == Condition::operational; }));
        stand().postgres().kill_hard();
        CHECK(kept.condition("always") == Condition::operational);
        version = kept.keeper.find("always")->version;
    }
    std::ofstream(directory.path / "pages" / "stp_0000000000001.json") << "{\"format\": 1";
    {
        Kept kept(directory);
        REQUIRE(kept.keeper.find("always"));
        CHECK(kept.keeper.find("always")->version == version);
        stand().postgres().restart();
        // What changed while nobody looked.
        REQUIRE(eventually([&] { return stand().pool().ping(); }, 30'000));
        shop.edge(1, 0, "down");
        CHECK(eventually([&] { return kept.keeper.find("always")->version != version; }, 30'000));
        CHECK(eventually([&] { return kept.condition("always") == Condition::major_outage; }, 30'000));
        REQUIRE(stand().admin().del(path_of(page)).status == 204);
        CHECK(eventually([&] { return !std::filesystem::exists(directory.path / "pages" / (page["id"].get<std::string>() + ".json")); }));
    }
}

TEST_CASE("whatever can be seen of a page is on disk: its first snapshot, and that it was closed") {
    const Directory directory;
    const Shop shop("kept");
    Kept kept(directory);
    const auto page = made(shop.page("kept"));
    const auto file = directory.path / "pages" / (page["id"].get<std::string>() + ".json");
    // Looks as often as it can, so that it sees a page as soon as there is one, and what is on disk in that moment.
    const auto kept_when_seen = [&](Access access) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::chrono::steady_clock::now() < until) {
            const auto shown = kept.keeper.find("kept");
            if (!shown || shown->guard.access != access) continue;
            std::ifstream in(file);
            const auto read = status_page::read_file(std::string{std::istreambuf_iterator<char>(in), {}});
            return read && read->second.guard.access == access;
        }
        return false;
    };
    CHECK(kept_when_seen(Access::everybody));
    REQUIRE(stand().admin().patch(path_of(page), {{"access", "password"}, {"password", "correct horse"}}).status == 200);
    CHECK(kept_when_seen(Access::password));
}

TEST_CASE("a page that was closed while nothing could be written is not opened again by its old file") {
    const Directory directory;
    const Shop shop("full");
    Kept kept(directory);
    const auto page = made(shop.page("full"));
    REQUIRE(eventually([&] { return kept.condition("full") == Condition::operational; }));
    const auto file = directory.path / "pages" / (page["id"].get<std::string>() + ".json");
    REQUIRE(std::filesystem::exists(file));
    // In the way of the file that is written beside the old one.
    const auto obstacle = file.string() + "." + std::to_string(getpid());
    std::filesystem::create_directory(obstacle);

    shop.edge(0, 0, "down");
    REQUIRE(eventually([&] { return kept.condition("full") == Condition::major_outage; }));
    CHECK(std::filesystem::exists(file));  // old, but as open as the page is
    REQUIRE(stand().admin().patch(path_of(page), {{"access", "password"}, {"password", "correct horse"}}).status == 200);
    REQUIRE(eventually([&] { return kept.keeper.find("full")->guard.access == Access::password; }));
    CHECK_FALSE(std::filesystem::exists(file));

    std::filesystem::remove(obstacle);
    shop.edge(1, 0, "down");
    CHECK(eventually([&] { return std::filesystem::exists(file); }));
}

TEST_CASE("what cannot be written to disk is in memory all the same") {
    const Directory directory;
    std::ofstream(directory.path / "pages") << "a file where the directory should be";
    const Shop shop("diskless");
    Kept kept(directory);
    made(shop.page("diskless"));
    CHECK(eventually([&] { return kept.keeper.find("diskless") != nullptr; }));
}

}  // namespace status_page_keeper_test
