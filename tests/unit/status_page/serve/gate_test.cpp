#include "controlplane/status_page/serve/gate.h"

#include <doctest/doctest.h>

#include "tests/unit/status_page/sample.h"

namespace serve_gate_test {

using namespace sonde;
using namespace sonde::status_page;
using namespace std::chrono_literals;
using serve::Gate;
using serve::Standing;

namespace {

const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:00Z");

Page page_with(Access access) {
    Page page;
    page.slug = "acme";
    page.guard.access = access;
    if (access == Access::password) page.guard.password_hash = "$argon2id$…";
    if (access == Access::token) page.guard.token_digest = crypto::sha256("sondepage_secret");
    return page;
}

http::Request request() {
    http::Request request;
    request.peer = "192.0.2.1";
    request.headers = {{"host", "status.acme.example"}};
    return request;
}

// What a browser sends after `Set-Cookie`.
http::Request with_cookie(const std::string& set_cookie) {
    auto asked = request();
    asked.headers.emplace_back("cookie", set_cookie.substr(0, set_cookie.find(';')));
    return asked;
}

Gate gate(char key = 'k') { return Gate(crypto::SecretBox(std::string(32, key))); }

http::Request form(std::string body, const std::string& type = "application/x-www-form-urlencoded") {
    auto posted = request();
    posted.headers.emplace_back("content-type", type);
    posted.body = std::move(body);
    return posted;
}

}  // namespace

TEST_CASE("a public page is open, a protected one is not") {
    CHECK(gate().standing(request(), page_with(Access::everybody), kNow) == Standing::open);
    CHECK(gate().standing(request(), page_with(Access::password), kNow) == Standing::shut);
    CHECK(gate().standing(request(), page_with(Access::token), kNow) == Standing::shut);
}

TEST_CASE("a token opens by its header, and by the address for a moment") {
    const auto page = page_with(Access::token);
    auto asked = request();
    asked.query = {{"token", "sondepage_secret"}};
    CHECK(gate().standing(asked, page, kNow) == Standing::by_query);
    asked.query = {{"token", "sondepage_secret2"}};
    CHECK(gate().standing(asked, page, kNow) == Standing::shut);
    asked.query = {{"token", ""}};
    CHECK(gate().standing(asked, page, kNow) == Standing::shut);
    asked = request();
    asked.headers.emplace_back("authorization", "Bearer sondepage_secret");
    CHECK(gate().standing(asked, page, kNow) == Standing::open);
    CHECK(gate().standing(asked, page_with(Access::password), kNow) == Standing::shut);
    asked.headers.back().second = "Bearer ";
    CHECK(gate().standing(asked, page, kNow) == Standing::shut);
    auto without = page;
    without.guard.token_digest.clear();
    asked.headers.back().second = "Bearer sondepage_secret";
    CHECK(gate().standing(asked, without, kNow) == Standing::shut);
}

TEST_CASE("a cookie opens its page while its guard is as it was, and for a week") {
    for (const auto access : {Access::password, Access::token}) {
        const auto page = page_with(access);
        const auto cookie = gate().cookie(request(), page, kNow);
        CHECK(cookie.starts_with("__Host-sonde-page-acme="));
        CHECK(cookie.ends_with("; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Lax"));
        const auto asked = with_cookie(cookie);
        CHECK(gate().standing(asked, page, kNow) == Standing::open);
        CHECK(gate().standing(asked, page, kNow + Gate::kOpenFor - 1s) == Standing::open);
        CHECK(gate().standing(asked, page, kNow + Gate::kOpenFor) == Standing::shut);
        CHECK(gate('x').standing(asked, page, kNow) == Standing::shut);
        auto changed = page;
        ++changed.guard.generation;
        CHECK(gate().standing(asked, changed, kNow) == Standing::shut);
        changed = page;
        changed.guard.password_hash += "x";
        CHECK(gate().standing(asked, changed, kNow) == Standing::shut);
        changed = page;
        changed.guard.access = access == Access::password ? Access::token : Access::password;
        CHECK(gate().standing(asked, changed, kNow) == Standing::shut);
    }
}

TEST_CASE("a cookie of one page, renamed, opens no other") {
    const auto page = page_with(Access::password);
    auto other = page;
    other.slug = "other";
    auto cookie = gate().cookie(request(), page, kNow);
    cookie.replace(cookie.find("acme"), 4, "other");
    CHECK(gate().standing(with_cookie(cookie), other, kNow) == Standing::shut);
}

TEST_CASE("what is no cookie of ours is none") {
    const auto page = page_with(Access::password);
    for (const auto& value : {std::string(), std::string("x"), std::string("AAAA"), std::string(100'000, 'A'), std::string("!"), std::string("9999999999999")}) {
        CHECK(gate().standing(with_cookie("__Host-sonde-page-acme=" + value), page, kNow) == Standing::shut);
    }
    // Two of one name: somebody put the other there.
    auto asked = with_cookie(gate().cookie(request(), page, kNow));
    asked.headers.emplace_back("cookie", "__Host-sonde-page-acme=AAAA");
    CHECK(gate().standing(asked, page, kNow) == Standing::shut);
}

TEST_CASE("on this very machine the cookie needs no TLS") {
    auto asked = request();
    asked.peer = "127.0.0.1";
    asked.headers = {{"host", "localhost:8080"}};
    const auto cookie = gate().cookie(asked, page_with(Access::password), kNow);
    CHECK(cookie.starts_with("sonde-page-acme="));
    CHECK(cookie.find("Secure") == std::string::npos);
    CHECK(cookie.find("HttpOnly") != std::string::npos);
}

TEST_CASE("a form has one password") {
    CHECK(serve::password_in(form("password=correct+horse%20b%C3%A4ttery"))->reveal() == "correct horse bättery");
    for (const auto* none : {"", "password=", "pass=x", "password=x&password=y", "password=x&more=1", "password=%zz", "=x"}) {
        CAPTURE(none);
        CHECK_FALSE(serve::password_in(form(none)));
    }
    CHECK_FALSE(serve::password_in(form("password=x", "application/json")));
    CHECK_FALSE(serve::password_in(form("password=" + std::string(513, 'x'))));
    CHECK(serve::password_in(form("password=" + std::string(512, 'x'), "application/x-www-form-urlencoded; charset=utf-8")));
}

}  // namespace serve_gate_test
