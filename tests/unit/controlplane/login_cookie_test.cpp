#include "controlplane/login/cookie.h"

#include <doctest/doctest.h>

#include "controlplane/login/backoff.h"

namespace login_cookie_test {

using namespace sonde;
using namespace sonde::login;

namespace {

http::Request from(std::string peer, std::vector<std::pair<std::string, std::string>> headers) {
    http::Request request;
    request.peer = std::move(peer);
    request.headers = std::move(headers);
    return request;
}

}  // namespace

TEST_CASE("only what comes from this machine, to it, through nobody, is local") {
    for (const auto* host : {"localhost:8600", "LOCALHOST", "127.0.0.1:8600", "127.9.9.9", "[::1]:8600"}) {
        CHECK_MESSAGE(is_local(from("127.0.0.1", {{"host", host}})), std::string(host));
    }
    CHECK(is_local(from("::1", {{"host", "localhost"}})));
    for (const auto* host : {"sonde.example", "localhost.example", "127.0.0.1.example", "", "[", "10.0.0.1"}) {
        CHECK_MESSAGE(!is_local(from("127.0.0.1", {{"host", host}})), std::string(host));
    }
    CHECK(!is_local(from("127.0.0.1", {})));
    CHECK(!is_local(from("192.0.2.1", {{"host", "localhost"}})));
    for (const auto* header : {"x-forwarded-for", "x-forwarded-proto", "forwarded", "via"}) CHECK(!is_local(from("127.0.0.1", {{"host", "localhost"}, {header, "x"}})));
}

TEST_CASE("the session's cookie is found among others, by its whole name, and only if there is one") {
    const auto found = [](std::vector<std::string> cookies) {
        std::vector<std::pair<std::string, std::string>> headers;
        for (auto& cookie : cookies) headers.emplace_back("cookie", std::move(cookie));
        const auto request = from("192.0.2.1", std::move(headers));
        return std::string(session_cookie(request).value_or("-"));
    };
    CHECK(found({"__Host-sonde-session=abc"}) == "abc");
    CHECK(found({"a=1; __Host-sonde-session=abc;b=2"}) == "abc");
    CHECK(found({"a=1", "b; __Host-sonde-session=abc=="}) == "abc==");
    for (const auto* none : {"", ";", ";;;", "=", "sonde-session=abc", "x__Host-sonde-session=abc", "__Host-sonde-session", "__host-sonde-session=abc"}) {
        CHECK_MESSAGE(found({none}) == "-", std::string(none));
    }
    CHECK(found({"__Host-sonde-session=a; __Host-sonde-session=b"}) == "-");
    CHECK(found({"__Host-sonde-session=a", "__Host-sonde-session=a"}) == "-");
}

TEST_CASE("a page is foreign unless it is of the public address, or of the host that was asked") {
    const auto foreign = [](std::vector<std::pair<std::string, std::string>> headers, std::string_view public_url) {
        return is_foreign(from("192.0.2.1", std::move(headers)), public_url);
    };
    CHECK(!foreign({{"host", "inner:8600"}}, ""));
    CHECK(!foreign({{"host", "inner:8600"}, {"origin", "https://sonde.example"}}, "https://sonde.example/"));
    CHECK(foreign({{"host", "inner:8600"}, {"origin", "http://sonde.example"}}, "https://sonde.example/"));
    CHECK(foreign({{"host", "inner:8600"}, {"origin", "https://sonde.example:8443"}}, "https://sonde.example"));
    CHECK(foreign({{"host", "inner:8600"}, {"origin", "https://sonde.example"}}, ""));
    CHECK(!foreign({{"host", "Sonde.example"}, {"origin", "https://sonde.example"}}, ""));
    CHECK(!foreign({{"host", "sonde.example:443"}, {"origin", "https://sonde.example"}}, ""));
    CHECK(foreign({{"host", "sonde.example:8600"}, {"origin", "https://sonde.example"}}, ""));
    for (const auto* origin : {"null", "", "https://", "sonde.example", "https://sonde.example.evil.example"}) {
        CHECK_MESSAGE(foreign({{"host", "sonde.example"}, {"origin", origin}}, ""), std::string(origin));
    }
    CHECK(foreign({{"origin", "https://sonde.example"}}, ""));
}

TEST_CASE("the token against foreign pages follows from the session, and is another for each") {
    CHECK(csrf_token("one") == csrf_token("one"));
    CHECK(csrf_token("one") != csrf_token("two"));
    CHECK(csrf_token("one").size() == 43);
}

TEST_CASE("the wait after failures doubles up to its bound, whatever their number") {
    constexpr Backoff backoff{3, milliseconds{60'000}};
    CHECK(backoff.after(0).count() == 0);
    CHECK(backoff.after(2).count() == 0);
    CHECK(backoff.after(3).count() == 1'000);
    CHECK(backoff.after(5).count() == 4'000);
    CHECK(backoff.after(9).count() == 60'000);
    CHECK(backoff.after(1'000'000'000).count() == 60'000);
}

}  // namespace login_cookie_test
