#include <doctest/doctest.h>

#include "lib/account/password.h"
#include "lib/crypto/crypto.h"
#include "tests/integration/status_page/site.h"

namespace status_page_guard_test {

using namespace sonde;
using namespace sonde::test;
using status_page::Access;

namespace {

constexpr const char* kPassword = "correct horse";
constexpr const char* kToken = "sondepage_abc";

status_page::Page protected_page(Access access) {
    auto page = fresh_page();
    page.host = "status.acme.example";
    page.guard.access = access;
    if (access == Access::password) page.guard.password_hash = account::hash_password(Secret(kPassword), {8, 1});
    if (access == Access::token) page.guard.token_digest = crypto::sha256(kToken);
    return page;
}

std::string cookie_of(const RawAnswer& answer) {
    const auto& set = answer.headers.at("set-cookie");
    return "Cookie: " + set.substr(0, set.find(';'));
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Nothing of the sample's texts.
bool tells_nothing(const RawAnswer& answer) {
    for (const auto* text : {"Acme", "Website", "Orders", "API", "Billing", "switches"}) {
        if (has(answer.body, text)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("a protected page shows nothing of itself to who may not see it") {
    for (const auto access : {Access::password, Access::token}) {
        Site site;
        site.pages.put(protected_page(access));
        const int refused = access == Access::password ? 403 : 401;
        for (const auto* document : {"", "history/2026-03", "incidents/inc_06ht3e8gt0000", "incidents/none", "index.json", "feed.rss", "api/v2/summary.json", "badge/state.svg", "badge/api/state.json",
                                     "widget.html", "events"}) {
            CAPTURE(document);
            const auto answer = site.get(std::string("/status/acme/") + document);
            CHECK(answer.status == refused);
            CHECK(tells_nothing(answer));
            CHECK(answer.headers.at("cache-control") == "no-store");
            CHECK(answer.headers.at("x-robots-tag") == "noindex");
            CHECK(answer.headers.contains("www-authenticate") == (access == Access::token));
        }
        CHECK(has(site.get("/robots.txt", {"Host: status.acme.example"}).body, "Disallow: /\n"));
    }
}

TEST_CASE("the right password opens the page in this browser") {
    Site site;
    site.pages.put(protected_page(Access::password));
    CHECK(has(site.get("/status/acme/").body, "<form method=\"post\" action=\"/status/acme/\">"));
    const auto opened = site.send("POST", "/status/acme/", {"Origin: https://sonde.example"}, "password=correct+horse");
    CHECK(opened.status == 303);
    CHECK(opened.headers.at("location") == "/status/acme/");
    CHECK(has(opened.headers.at("set-cookie"), "HttpOnly; SameSite=Lax"));
    CHECK(has(opened.headers.at("set-cookie"), "; Secure"));
    const auto seen = site.get("/status/acme/", {cookie_of(opened)});
    CHECK(seen.status == 200);
    CHECK(seen.headers.at("cache-control") == "private, no-cache");
    CHECK(has(seen.headers.at("vary"), "Cookie"));
    CHECK_FALSE(seen.headers.contains("access-control-allow-origin"));
    CHECK(site.get("/status/acme/index.json", {cookie_of(opened)}).status == 200);
    CHECK(site.get("/status/acme/", {cookie_of(opened), "If-None-Match: " + seen.headers.at("etag")}).status == 304);
    // At the page's own host too.
    CHECK(site.send("POST", "/", {"Host: status.acme.example", "Origin: https://status.acme.example"}, "password=correct+horse").headers.at("location") == "/");
}

TEST_CASE("another password opens nothing, and not too many are looked at") {
    SiteOptions options;
    options.limits.guess = {4, std::chrono::hours{1}};
    Site site(options);
    site.pages.put(protected_page(Access::password));
    for (const auto* body : {"password=wrong", "password=", "pass=correct+horse", "password=correct+horse+"}) {
        const auto answer = site.send("POST", "/status/acme/", {}, body);
        CHECK(answer.status == 403);
        CHECK_FALSE(answer.headers.contains("set-cookie"));
        CHECK(has(answer.body, "That is not the password."));
    }
    const auto limited = site.send("POST", "/status/acme/", {}, "password=correct+horse");
    CHECK(limited.status == 429);
    CHECK(limited.headers.contains("retry-after"));
    CHECK_FALSE(limited.headers.contains("set-cookie"));
}

TEST_CASE("a form of another origin is not taken") {
    Site site;
    site.pages.put(protected_page(Access::password));
    for (const auto* origin : {"Origin: https://evil.example", "Origin: null"}) {
        const auto answer = site.send("POST", "/status/acme/", {origin}, "password=correct+horse");
        CHECK(answer.status == 403);
        CHECK_FALSE(answer.headers.contains("set-cookie"));
    }
}

TEST_CASE("the token opens for programs as it is, and for browsers by a cookie") {
    Site site;
    site.pages.put(protected_page(Access::token));
    CHECK(site.get("/status/acme/index.json", {std::string("Authorization: Bearer ") + kToken}).status == 200);
    CHECK(site.get("/status/acme/", {std::string("Authorization: Bearer ") + kToken}).status == 200);
    CHECK(site.get(std::string("/status/acme/feed.rss?token=") + kToken).status == 200);
    CHECK(site.get("/status/acme/feed.rss?token=sondepage_abd").status == 401);
    const auto led = site.get(std::string("/status/acme/incidents/inc_06ht3e8gt0000?token=") + kToken);
    CHECK(led.status == 303);
    CHECK(led.headers.at("location") == "/status/acme/incidents/inc_06ht3e8gt0000");
    CHECK(led.headers.at("referrer-policy") == "no-referrer");
    const auto cookie = cookie_of(led);
    CHECK(site.get("/status/acme/", {cookie}).status == 200);
    CHECK(site.send("POST", "/status/acme/", {}, std::string("password=") + kToken).headers.at("location") == "/status/acme/");
}

TEST_CASE("what opened a page is worth nothing after what opens it has changed") {
    Site site;
    auto page = protected_page(Access::password);
    site.pages.put(page);
    const auto cookie = cookie_of(site.send("POST", "/status/acme/", {}, "password=correct+horse"));
    REQUIRE(site.get("/status/acme/", {cookie}).status == 200);
    ++page.guard.generation;
    site.pages.put(page);
    CHECK(site.get("/status/acme/", {cookie}).status == 403);
    page.guard = {};
    site.pages.put(page);
    CHECK(site.get("/status/acme/").status == 200);
}

TEST_CASE("the cookie of one page opens no other") {
    Site site;
    site.pages.put(protected_page(Access::password));
    auto other = protected_page(Access::password);
    other.slug = "other";
    other.host.clear();
    site.pages.put(other);
    auto cookie = cookie_of(site.send("POST", "/status/acme/", {}, "password=correct+horse"));
    CHECK(site.get("/status/other/", {cookie}).status == 403);
    cookie.replace(cookie.find("acme"), 4, "other");
    CHECK(site.get("/status/other/", {cookie}).status == 403);
}

}  // namespace status_page_guard_test
