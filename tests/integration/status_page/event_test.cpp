// Readers who are told of changes.
#include <doctest/doctest.h>

#include <vector>

#include "lib/crypto/crypto.h"
#include "tests/integration/status_page/site.h"
#include "tests/support/servers.h"

namespace status_page_event_test {

using namespace sonde;
using namespace sonde::test;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct Reader {
    explicit Reader(const Site& site, const std::string& slug = "acme", const SentHeaders& headers = {}) : client(site.server->port()) {
        client.send(Site::text("GET", "/status/" + slug + "/events", headers));
        opening = client.until("retry: ");
    }
    RawClient client;
    std::string opening;
};

std::string streams(const Site& site) {
    const auto text = site.metrics.expose();
    const auto at = text.find("\nsonde_status_page_streams ") + 27;
    return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

TEST_CASE("readers hear of every change of their page, and of no other's") {
    SiteOptions options;
    options.server.stream_heartbeat = milliseconds{300'000};
    Site site(options);
    site.pages.put(fresh_page());
    site.pages.put(fresh_page("other"));
    Reader first(site);
    Reader second(site);
    CHECK(has(first.opening, "200 OK"));
    CHECK(has(first.opening, "text/event-stream"));
    REQUIRE(eventually([&] { return streams(site) == "2"; }));
    for (int i = 0; i < 3; ++i) {
        site.pages.put(fresh_page("other"));
        site.pages.put(fresh_page());
        for (auto* reader : {&first, &second}) CHECK(has(reader->client.until("data: changed"), "event: changed"));
    }
}

TEST_CASE("a quiet stream says that it lives") {
    SiteOptions options;
    options.server.stream_heartbeat = milliseconds{100};
    Site site(options);
    site.pages.put(fresh_page());
    Reader reader(site);
    CHECK(has(reader.client.until("\n:"), ":"));
}

TEST_CASE("who went away gives his place back") {
    SiteOptions options;
    options.serve.audience = {.most = 4, .most_per_page = 2};
    Site site(options);
    site.pages.put(fresh_page());
    site.pages.put(fresh_page("other"));
    site.pages.put(fresh_page("third"));
    {
        Reader one(site);
        Reader two(site);
        REQUIRE(eventually([&] { return streams(site) == "2"; }));
        const auto refused = site.get("/status/acme/events");
        CHECK(refused.status == 503);
        CHECK(refused.headers.contains("retry-after"));
        Reader three(site, "other");
        Reader four(site, "other");
        REQUIRE(eventually([&] { return streams(site) == "4"; }));
        CHECK(site.get("/status/third/events").status == 503);
        CHECK(site.get("/status/acme/").status == 200);
    }
    REQUIRE(eventually([&] { return streams(site) == "0"; }, 60'000));
    Reader again(site);
    CHECK(has(again.opening, "200 OK"));
}

TEST_CASE("one client has so many streams and no more") {
    SiteOptions options;
    options.limits.streams = 1;
    Site site(options);
    site.pages.put(fresh_page());
    Reader one(site);
    REQUIRE(eventually([&] { return streams(site) == "1"; }));
    CHECK(site.get("/status/acme/events").status == 429);
}

TEST_CASE("a stream ends with its page, and when what opens it changes") {
    Site site;
    site.pages.put(fresh_page());
    Reader reader(site);
    site.pages.remove("acme");
    CHECK(has(reader.client.until("data: changed"), "changed"));
    REQUIRE(eventually([&] { return streams(site) == "0"; }, 60'000));
    auto page = fresh_page();
    page.guard.access = status_page::Access::token;
    page.guard.token_digest = crypto::sha256("sondepage_abc");
    site.pages.put(page);
    Reader with_token(site, "acme", {"Authorization: Bearer sondepage_abc"});
    REQUIRE(eventually([&] { return streams(site) == "1"; }));
    page.guard.token_digest = crypto::sha256("sondepage_xyz");
    ++page.guard.generation;
    site.pages.put(page);
    REQUIRE(eventually([&] { return streams(site) == "0"; }, 60'000));
}

TEST_CASE("who may see a page by other means listens to it whatever opens it to readers, until that changes") {
    Site site;
    CHECK(site.get("/own/acme").status == 503);
    auto page = fresh_page();
    page.guard.access = status_page::Access::password;
    page.guard.password_hash = "x";
    site.pages.put(page);
    CHECK(site.get("/status/acme/events").status == 403);
    RawClient client(site.server->port());
    client.send(Site::text("GET", "/own/acme"));
    CHECK(has(client.until("retry: "), "text/event-stream"));
    REQUIRE(eventually([&] { return streams(site) == "1"; }));
    site.pages.put(page);
    CHECK(has(client.until("data: changed"), "event: changed"));
    ++page.guard.generation;
    site.pages.put(page);
    REQUIRE(eventually([&] { return streams(site) == "0"; }, 60'000));
}

TEST_CASE("HEAD of a stream is answered and holds no place") {
    Site site;
    site.pages.put(fresh_page());
    const auto head = site.send("HEAD", "/status/acme/events");
    CHECK(head.status == 200);
    CHECK(streams(site) == "0");
}

TEST_CASE("a server that stops ends its streams") {
    Site site;
    site.pages.put(fresh_page());
    Reader reader(site);
    REQUIRE(eventually([&] { return streams(site) == "1"; }));
    site.server.reset();
    CHECK(reader.client.until_closed() < std::chrono::milliseconds{60'000});
    CHECK(streams(site) == "0");
    site.pages.put(fresh_page());
}

}  // namespace status_page_event_test
