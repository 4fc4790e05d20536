#include <doctest/doctest.h>
#include <zlib.h>

#include <atomic>
#include <thread>

#include "lib/json/json.h"
#include "tests/integration/status_page/site.h"

namespace status_page_serve_test {

using namespace sonde;
using namespace sonde::test;
using namespace std::chrono_literals;

namespace {

std::string unpacked(const std::string& packed) {
    std::string text(4 << 20, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::vector<std::string> kDocuments{"",
                                          "history/2026-03",
                                          "incidents/inc_06ht3e8gt0000",
                                          "maintenance/mnt_06ht3e8gt0002-1",
                                          "index.json",
                                          "feed.rss",
                                          "feed.atom",
                                          "feed.json",
                                          "components/api/feed.atom",
                                          "components/search/feed.json",
                                          "api/v2/summary.json",
                                          "api/v2/incidents/unresolved.json",
                                          "badge/state.svg",
                                          "badge/api/uptime.svg",
                                          "badge/api/state.json",
                                          "widget.html",
                                          "widget.js"};

// One whose months are those of the sample's incidents.
status_page::Page sample() {
    auto page = fresh_page();
    page.snapshot.made_at = sample_page().made_at;
    return page;
}

}  // namespace

TEST_CASE("each document of a page, under its slug and at its own host") {
    Site site;
    auto page = sample();
    page.host = "status.acme.example";
    site.pages.put(page);
    for (const auto& document : kDocuments) {
        CAPTURE(document);
        for (const auto& answer : {site.get("/status/acme/" + document), site.get("/" + document, {"Host: Status.ACME.example:8443"}), site.get("/" + document, {"Host: status.acme.example."})}) {
            CHECK(answer.status == 200);
            CHECK_FALSE(answer.body.empty());
            CHECK(answer.headers.at("x-content-type-options") == "nosniff");
            CHECK(answer.headers.at("referrer-policy") == "no-referrer");
            CHECK(answer.headers.at("content-security-policy").starts_with("default-src 'none'"));
            CHECK(has(answer.headers.at("cache-control"), "public, max-age="));
            CHECK(answer.headers.at("etag").starts_with("\""));
            CHECK_FALSE(answer.headers.contains("set-cookie"));
            CHECK_FALSE(answer.headers.contains("x-robots-tag"));
        }
    }
    CHECK(has(site.get("/status/acme/").body, "href=\"/status/acme/feed.atom\""));
    CHECK(has(site.get("/", {"Host: status.acme.example"}).body, "href=\"/feed.atom\""));
}

TEST_CASE("a browser that has a document is told that it has it") {
    Site site;
    site.pages.put(fresh_page());
    for (const std::string document : {"", "feed.atom", "index.json", "badge/state.svg"}) {
        CAPTURE(document);
        const auto plain = site.get("/status/acme/" + document);
        const auto packed = site.get("/status/acme/" + document, {"Accept-Encoding: gzip"});
        CHECK(packed.headers.at("vary") == "Accept-Encoding");
        if (packed.headers.contains("content-encoding")) {
            CHECK(packed.headers.at("etag") != plain.headers.at("etag"));
            CHECK(packed.body.size() < plain.body.size());
            CHECK(unpacked(packed.body) == plain.body);
        }
        for (const auto& tag : {plain.headers.at("etag"), packed.headers.at("etag")}) {
            const auto again = site.get("/status/acme/" + document, {"If-None-Match: \"x\", " + tag});
            CHECK(again.status == 304);
            CHECK(again.body.empty());
            CHECK(again.headers.contains("etag"));
            CHECK(again.headers.contains("cache-control"));
        }
        CHECK(site.get("/status/acme/" + document, {"If-None-Match: \"x\""}).status == 200);
        const auto head = site.send("HEAD", "/status/acme/" + document);
        CHECK(head.status == 200);
        CHECK(head.headers.at("etag") == plain.headers.at("etag"));
        CHECK(head.headers.at("content-length") == std::to_string(plain.body.size()));
    }
}

TEST_CASE("a change is seen at once, and what did not change is as it was") {
    Site site;
    auto page = fresh_page();
    site.pages.put(page);
    const auto before = site.get("/status/acme/");
    const auto feed = site.get("/status/acme/feed.rss");
    page.snapshot.condition = status_page::Condition::major_outage;
    site.pages.put(page);
    const auto after = site.get("/status/acme/", {"If-None-Match: " + before.headers.at("etag")});
    CHECK(after.status == 200);
    CHECK(has(after.body, "Major outage"));
    CHECK(site.get("/status/acme/feed.rss", {"If-None-Match: " + feed.headers.at("etag")}).status == 304);
}

TEST_CASE("a snapshot that is old is served, and says so") {
    Site site;
    auto page = fresh_page();
    page.snapshot.made_at = wall_now() - 3h;
    site.pages.put(page);
    const auto answer = site.get("/status/acme/");
    CHECK(answer.status == 200);
    CHECK(has(answer.body, "Something newer could not be had."));
    page.snapshot.made_at = wall_now();
    site.pages.put(page);
    CHECK_FALSE(has(site.get("/status/acme/").body, "Something newer could not be had."));
}

TEST_CASE("what is not there is not there in one way") {
    Site site;
    auto page = fresh_page();
    page.host = "status.acme.example";
    site.pages.put(page);
    const auto nothing = site.get("/status/other/");
    CHECK(nothing.status == 404);
    CHECK_FALSE(has(nothing.body, "other"));
    for (const auto* target : {"/status/other/index.json", "/status/other", "/status/acme/badge/none/state.svg", "/status/acme/components/none/feed.atom",
                               "/status/acme/components/api/other", "/status/acme/api/v2/subscribers.json", "/status/other/events"}) {
        CAPTURE(target);
        const auto answer = site.get(target);
        CHECK(answer.status == 404);
        CHECK(answer.body == nothing.body);
    }
    // At a page's own host there is nothing but the page.
    for (const auto* target : {"/own", "/status/acme/", "/metrics", "/v1/sites"}) CHECK(site.get(target, {"Host: status.acme.example"}).status == 404);
    CHECK(site.get("/own").body == "own");
    CHECK(site.get("/own", {"Host: status.elsewhere.example"}).body == "own");
    CHECK(site.get("/index.json", {"Host: status.elsewhere.example"}).status == 404);
    site.pages.remove("acme");
    CHECK(site.get("/status/acme/").status == 404);
    CHECK(site.get("/index.json", {"Host: status.acme.example"}).status == 404);
}

TEST_CASE("a page that names the API's own host does not take its place") {
    SiteOptions options;
    options.serve.public_url = "https://Sonde.acme.example:8443";
    Site site(options);
    auto page = fresh_page();
    page.host = "sonde.acme.example";
    site.pages.put(page);
    CHECK(site.get("/own", {"Host: sonde.acme.example:8443"}).body == "own");
    CHECK(site.get("/status/acme/", {"Host: sonde.acme.example:8443"}).status == 200);
}

TEST_CASE("hostile paths find nothing and break nothing") {
    Site site;
    site.pages.put(fresh_page());
    for (const auto* target : {"/status/acme/../acme/", "/status/acme/%2e%2e/acme/", "/status/acme/incidents/%00", "/status/acme/history/%ff", "/status/acme/badge/..%2f..%2fetc", "/status//",
                               "/status/acme//", "/status/acme/incidents/%3Cscript%3E", "/status/%E2%80%AE/", "/status/acme/history/2026-03/", "/status/ACME/"}) {
        CAPTURE(target);
        const auto status = site.get(target).status;
        CHECK((status == 400 || status == 404));
    }
    CHECK(site.get("/status/acme/" + std::string(7'000, 'a')).status == 404);
    CHECK(site.send("PUT", "/status/acme/").status == 405);
    CHECK(site.send("DELETE", "/status/acme/feed.rss").status == 405);
    CHECK(site.get("/status/acme/").status == 200);
}

TEST_CASE("without its slash an address leads to the one that has it") {
    Site site;
    site.pages.put(fresh_page());
    const auto answer = site.get("/status/acme");
    CHECK(answer.status == 303);
    CHECK(answer.headers.at("location") == "/status/acme/");
    CHECK(site.get("/status/acme?token=a%26b").headers.at("location") == "/status/acme/?token=a%26b");
}

TEST_CASE("links to a page are to where it is reached") {
    SiteOptions options;
    options.serve.public_url = "https://sonde.acme.example/";
    Site site(options);
    site.pages.put(fresh_page());
    auto own = fresh_page("own");
    own.host = "status.acme.example";
    site.pages.put(own);
    const auto url = [&site](const std::string& target, const SentHeaders& headers = {}) {
        return json::parse(site.get(target, headers).body)->at("home_page_url").get<std::string>();
    };
    CHECK(url("/status/acme/feed.json", {"Host: evil.example"}) == "https://sonde.acme.example/status/acme/");
    CHECK(url("/status/own/feed.json") == "https://status.acme.example/");
    CHECK(url("/feed.json", {"Host: status.acme.example"}) == "https://status.acme.example/");
    Site anywhere;
    anywhere.pages.put(fresh_page());
    const auto here = [&anywhere](const std::string& host) {
        return json::parse(anywhere.get("/status/acme/feed.json", {"Host: " + host}).body)->at("home_page_url").get<std::string>();
    };
    CHECK(here("sonde.example:8443") == "https://sonde.example:8443/status/acme/");
    CHECK(here("127.0.0.1:8080") == "http://127.0.0.1:8080/status/acme/");
    // What people read has no address where only the request says what it would be, and is one document.
    CHECK_FALSE(has(anywhere.get("/status/acme/", {"Host: sonde.example"}).body, "sonde.example"));
    CHECK(has(site.get("/status/acme/").body, "<link rel=\"canonical\" href=\"https://sonde.acme.example/status/acme/\">"));
    CHECK(has(site.get("/", {"Host: status.acme.example:8443"}).body, "<link rel=\"canonical\" href=\"https://status.acme.example/\">"));
    CHECK(has(anywhere.get("/status/acme/widget.html").body, "<a href=\"/status/acme/\""));
    for (const auto* evil : {"a\"><script>", "a/b", "user@a", "a?x", "a#b", ""}) CHECK(here(evil) == "/status/acme/");
}

TEST_CASE("search engines are told what they may") {
    Site site;
    auto page = fresh_page();
    page.host = "status.acme.example";
    site.pages.put(page);
    const auto robots = [&site] { return site.get("/robots.txt", {"Host: status.acme.example"}).body; };
    CHECK_FALSE(has(robots(), "Disallow: /\n"));
    page.snapshot.look.indexed = false;
    site.pages.put(page);
    CHECK(has(robots(), "Disallow: /\n"));
    CHECK(site.get("/status/acme/").headers.at("x-robots-tag") == "noindex");
    CHECK(site.get("/status/acme/feed.rss").headers.at("x-robots-tag") == "noindex");
    CHECK(site.get("/robots.txt").status == 404);
}

TEST_CASE("programs of other pages may read a public page's data") {
    Site site;
    site.pages.put(fresh_page());
    CHECK(site.get("/status/acme/api/v2/status.json").headers.at("access-control-allow-origin") == "*");
    CHECK_FALSE(site.get("/status/acme/").headers.contains("access-control-allow-origin"));
    CHECK(has(site.get("/status/acme/widget.html").headers.at("content-security-policy"), "frame-ancestors *"));
    CHECK(has(site.get("/status/acme/").headers.at("content-security-policy"), "frame-ancestors 'none'"));
}

TEST_CASE("many at once are all answered, from one making, and no worker is taken") {
    SiteOptions options;
    options.server.workers = 1;
    options.server.max_queued = 1;
    Site site(options);
    auto page = fresh_page();
    for (int i = 0; i < 200; ++i) page.snapshot.groups[1].components.push_back(sample_component("c-" + std::to_string(i), "Component", status_page::Condition::operational, wall_now()));
    site.pages.put(page);
    std::atomic<int> good{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 16; ++i) {
        readers.emplace_back([&] {
            RawClient client(site.server->port());
            for (int n = 0; n < 25; ++n) {
                client.send(Site::text("GET", "/status/acme/", {"Accept-Encoding: gzip"}));
                if (client.receive().status == 200) ++good;
            }
        });
    }
    for (auto& reader : readers) reader.join();
    CHECK(good == 400);
    CHECK(has(site.metrics.expose(), "sonde_status_page_answers_total{outcome=\"kept\"}"));
    CHECK_FALSE(has(site.metrics.expose(), "sonde_status_page_answers_total{outcome=\"failed\"} 1"));
}

TEST_CASE("a picture of a page is made when what is on it changes, and is as protected as the page") {
    SiteOptions options;
    options.serve.public_url = "https://sonde.acme.example";
    options.serve.font = std::string(status_page::picture::kUsualFont);
    Site site(options);
    auto page = fresh_page();
    site.pages.put(page);
    CHECK(has(site.get("/status/acme/").body, "content=\"https://sonde.acme.example/status/acme/og.png\""));
    const auto first = site.get("/status/acme/og.png", {"Accept-Encoding: gzip"});
    CHECK(first.status == 200);
    CHECK(first.headers.at("content-type") == "image/png");
    CHECK(first.body.starts_with("\x89PNG\r\n"));
    CHECK(has(first.headers.at("cache-control"), "public, max-age="));
    page.snapshot.open.clear();
    site.pages.put(page);
    CHECK(site.get("/status/acme/og.png", {"If-None-Match: " + first.headers.at("etag")}).status == 304);
    CHECK(has(site.metrics.expose(), "sonde_status_page_answers_total{outcome=\"kept\"} 1\n"));
    page.snapshot.condition = status_page::Condition::major_outage;
    site.pages.put(page);
    const auto second = site.get("/status/acme/og.png", {"If-None-Match: " + first.headers.at("etag")});
    CHECK(second.status == 200);
    CHECK(second.body != first.body);
    page.guard.access = status_page::Access::token;
    page.guard.token_digest = crypto::sha256("let-me-in");
    site.pages.put(page);
    const auto refused = site.get("/status/acme/og.png");
    CHECK(refused.status == 401);
    CHECK_FALSE(has(refused.body, "PNG"));
    CHECK(site.get("/status/acme/og.png?token=let-me-in").body == second.body);

    Site without;
    without.pages.put(fresh_page());
    CHECK(without.get("/status/acme/og.png").status == 404);
    CHECK_FALSE(has(without.get("/status/acme/").body, "og:image"));
    SiteOptions broken;
    broken.serve.font = "/nonexistent.ttf";
    Site lacking(broken);
    lacking.pages.put(fresh_page());
    CHECK(lacking.get("/status/acme/og.png").status == 404);
    CHECK(lacking.get("/status/acme/").status == 200);
}

TEST_CASE("other names for a host, and other ports, make nothing anew or are forgotten again") {
    SiteOptions options;
    options.limits.view = {};
    Site site(options);
    site.pages.put(fresh_page());
    auto own = fresh_page("own");
    own.host = "status.acme.example";
    site.pages.put(own);
    const auto metric = [&site](const std::string& name) {
        const auto text = site.metrics.expose();
        const auto at = text.find("\n" + name + " ");
        return at == std::string::npos ? 0.0 : std::stod(text.substr(at + name.size() + 2));
    };
    const auto made = [&metric] { return metric("sonde_status_page_answers_total{outcome=\"made\"}"); };
    RawClient client(site.server->port());
    const auto get = [&client](const std::string& target, const std::string& host) {
        client.send(Site::text("GET", target, {"Host: " + host}));
        return client.receive().status;
    };
    for (int i = 0; i < 300; ++i) {
        CHECK(get("/status/acme/", fmt::format("h{}.example", i)) == 200);
        CHECK(get("/feed.atom", fmt::format("status.acme.example:{}", i + 1)) == 200);
    }
    CHECK(made() == 2);
    CHECK(get("/status/acme/feed.atom", "sonde.example") == 200);
    const auto bytes = metric("sonde_status_page_answer_bytes");
    for (int i = 0; i < 300; ++i) CHECK(get("/status/acme/feed.atom", fmt::format("h{}.example", i)) == 200);
    CHECK(metric("sonde_status_page_answer_bytes") < 3 * bytes);
}

TEST_CASE("who comes by an old link is led to the page, in its language") {
    Site site;
    auto page = fresh_page();
    page.snapshot.look.language = "de";
    site.pages.put(page);
    for (const auto* place : {"incidents/inc_06ht3e8gt9999", "maintenance/mnt_06ht3e8gt9999-1", "history/2020-01"}) {
        CAPTURE(place);
        const auto answer = site.get(fmt::format("/status/acme/{}", place));
        CHECK(answer.status == 404);
        CHECK(answer.headers.at("content-type") == "text/html; charset=utf-8");
        CHECK(answer.headers.at("x-robots-tag") == "noindex");
        CHECK(answer.body.find("<a href=\"/status/acme/\">Aktueller Zustand</a>") != std::string::npos);
    }
    CHECK(site.get("/status/acme/badge/none/state.svg").headers.at("content-type") == "text/plain; charset=utf-8");
    page.guard.access = status_page::Access::password;
    page.guard.password_hash = "x";
    site.pages.put(page);
    CHECK(site.get("/status/acme/incidents/inc_06ht3e8gt9999").status == 403);
}

TEST_CASE("one client asks so often and no more, and the others are answered") {
    SiteOptions options;
    options.limits.view = {5, std::chrono::hours{1}};
    options.serve.proxies.trusted = {*net::Cidr::parse("127.0.0.0/8")};
    Site site(options);
    site.pages.put(fresh_page());
    const auto status = [&site](const std::string& client) { return site.get("/status/acme/", {"X-Forwarded-For: " + client}).status; };
    for (int i = 0; i < 5; ++i) CHECK(status("192.0.2.1") == 200);
    CHECK(status("192.0.2.1") == 429);
    CHECK(status("192.0.2.2") == 200);
    for (int i = 0; i < 5; ++i) CHECK(status(fmt::format("2001:db8::{}", i)) == 200);
    CHECK(status("2001:db8::5") == 429);
    CHECK(status("2001:db8:0:1::") == 200);
}

}  // namespace status_page_serve_test
