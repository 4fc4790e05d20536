#include "lib/check/spec.h"

#include <doctest/doctest.h>

namespace spec_test {

using namespace sonde;
using check::HttpSpec;
using check::Kind;
using check::StatusSet;

namespace {

HttpSpec read(const char* text) {
    const auto document = json::parse(text);
    REQUIRE(document);
    auto spec = check::read_spec(Kind::http, *document, "/spec");
    REQUIRE_MESSAGE(spec, std::string(text));
    return std::get<HttpSpec>(*spec);
}

// Every problem as `pointer: detail`, one a line.
std::string problems(const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE_MESSAGE(document, std::string(text));
    const auto spec = check::read_spec(Kind::http, *document, "/spec");
    if (spec) return "accepted";
    std::string lines;
    for (const auto& problem : spec.error()) lines += (lines.empty() ? "" : "\n") + problem.pointer + ": " + problem.detail;
    return lines;
}

// The problems of a spec that is right but for one field.
std::string with(const std::string& field, const std::string& value) {
    return problems("{\"url\":\"http://a/\",\"" + field + "\":" + value + "}");
}
std::string with_url(const std::string& url) { return problems(json::dump({{"url", url}})); }

}  // namespace

TEST_CASE("a spec of a URL alone has the defaults people expect") {
    const auto spec = read(R"({"url": "https://example.com/health"})");
    CHECK(spec.url == "https://example.com/health");
    CHECK(spec.method == "GET");
    CHECK(spec.headers.empty());
    CHECK(spec.body.empty());
    CHECK(spec.follow_redirects);
    CHECK(spec.max_redirects == 10);
    CHECK(spec.tls_verify);
    CHECK(spec.accept_status.text() == "200-299");
    CHECK(spec.max_body_bytes == 1 << 20);
}

TEST_CASE("the canonical document of a spec names every field and is read back equal") {
    const auto* full =
        R"({"url":"https://example.com/","method":"POST","headers":{"Accept":"*/*","X-Key":"a b"},"body":"a\nb","follow_redirects":false,)"
        R"("max_redirects":0,"tls_verify":false,"accept_status":"200-204,301","max_body_bytes":9,)"
        R"("auth":{"type":"basic","username":"u","password":"p"},"http_version":"2","compression":false,"ip_family":"ipv4","proxy":"",)"
        R"("proxy_username":"","proxy_password":"","connect_to":"192.0.2.1:8443","resolver":"192.0.2.53","tls_verify_host":false,)"
        R"("tls_min_version":"1.3","tls_server_name":"other.example","tls_ca":"","tls_certificate":"","tls_key":"",)"
        R"("certificate_warn_days":[30,3],"assertions":[{"on":"json","path":"$.a","equals":1,"severity":"degraded"}]})";
    CHECK(json::dump(check::write_spec(check::Spec{read(full)})) == full);
    const auto* least = R"({"url":"http://a/"})";
    const auto canonical = check::write_spec(check::Spec{read(least)});
    CHECK(
        json::dump(canonical) ==
        R"({"url":"http://a/","method":"GET","headers":{},"body":"","follow_redirects":true,"max_redirects":10,"tls_verify":true,)"
        R"("accept_status":"200-299","max_body_bytes":1048576,"auth":{"type":"none"},"http_version":"auto","compression":true,)"
        R"("ip_family":"auto","proxy":"","proxy_username":"","proxy_password":"","connect_to":"","resolver":"","tls_verify_host":true,)"
        R"("tls_min_version":"1.2","tls_server_name":"","tls_ca":"","tls_certificate":"","tls_key":"",)"
        R"("certificate_warn_days":[30,14,7,1],"assertions":[]})");
    CHECK(check::write_spec(*check::read_spec(Kind::http, canonical, "")) == canonical);
}

TEST_CASE("each wrong field is refused at its own pointer with the reason") {
    CHECK(problems("[]") == "/spec: must be an object");
    CHECK(problems("{}") == "/spec: the field \"url\" is required");
    CHECK(problems(R"({"url":null})") == "/spec/url: must be a string");
    CHECK(problems(R"({"url":7})") == "/spec/url: must be a string");
    CHECK(with_url("") == "/spec/url: must be a string of 1 to 2048 bytes");
    CHECK(with_url("http://a/" + std::string(2048, 'x')) == "/spec/url: must be a string of 1 to 2048 bytes");
    CHECK(with_url("http://a/\r\nHost: b") == "/spec/url: must not contain control characters");
    CHECK(with_url("ftp://a/") == "/spec/url: must begin with http:// or https://");
    CHECK(with_url("http://user:pw@a/") == "/spec/url: must not contain a user name or password: use an Authorization header");
    CHECK(with_url("http://a/#top") == "/spec/url: must not contain a fragment: it is never sent");
    CHECK(with_url("http://a b/") == "/spec/url: must not contain spaces");
    for (const auto* method : {"\"get\"", "\"GET \"", "\"G@T\"", "\"GET/\""})
        CHECK(with("method", method) == "/spec/method: must be a method in upper case, as GET, POST or PROPFIND");
    CHECK(with("method", "\"CONNECT\"") == "/spec/method: must not be CONNECT, which is for proxies");
    CHECK(with("method", "\"\"") == "/spec/method: must be a string of 1 to 32 bytes");
    CHECK(with("method", "1") == "/spec/method: must be a string");
    CHECK(with("headers", "[]") == "/spec/headers: must be an object");
    CHECK(with("headers", R"({"A":1})") == "/spec/headers/A: must be a string");
    CHECK(with("headers", R"({"":"x"})") == "/spec/headers/: is not a header name");
    CHECK(with("headers", R"({"a b":"x"})") == "/spec/headers/a b: is not a header name");
    CHECK(with("headers", R"({"a:b":"x"})") == "/spec/headers/a:b: is not a header name");
    CHECK(with("headers", R"({"a/~b":"x"})") == "/spec/headers/a~1~0b: is not a header name");
    CHECK(with("headers", R"({"A":"x\r\nB: y"})") ==
          "/spec/headers/A: must not contain control characters, nor begin or end with a space");
    CHECK(with("headers", R"({"A":" x"})") ==
          "/spec/headers/A: must not contain control characters, nor begin or end with a space");
    CHECK(with("headers", R"({"Accept":"x","ACCEPT":"y"})") ==
          "/spec/headers/ACCEPT: is there twice: header names do not differ by case");
    CHECK(with("headers", R"({"A":")" + std::string(4097, 'x') + "\"}") ==
          "/spec/headers/A: must be a string of at most 4096 bytes");
    CHECK(with("body", "7") == "/spec/body: must be a string");
    CHECK(problems(R"({"url":"http://a/","method":"HEAD","body":"x"})") == "/spec/body: is not sent with the method HEAD");
    CHECK(with("follow_redirects", "\"yes\"") == "/spec/follow_redirects: must be true or false");
    CHECK(with("max_redirects", "21") == "/spec/max_redirects: must be a whole number from 0 to 20");
    CHECK(with("max_redirects", "-1") == "/spec/max_redirects: must be a whole number from 0 to 20");
    CHECK(with("max_redirects", "1.5") == "/spec/max_redirects: must be a whole number from 0 to 20");
    CHECK(with("tls_verify", "0") == "/spec/tls_verify: must be true or false");
    CHECK(with("accept_status", "200") == "/spec/accept_status: must be a string");
    CHECK(with("accept_status", "\"\"") == "/spec/accept_status: must be a string of 1 to 400 bytes");
    CHECK(with("accept_status", "\"200-\"") ==
          "/spec/accept_status: \"200-\" is not a status from 100 to 599 or a range of them like 200-299");
    CHECK(with("max_body_bytes", "10485761") == "/spec/max_body_bytes: must be a whole number from 0 to 10485760");
    CHECK(with("colour", "1") == "/spec/colour: is not a field of this object");
}

TEST_CASE("headers that make the connection are refused in any case of letters") {
    for (const auto* name : {"Connection", "connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
                             "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Expect"}) {
        CHECK(with("headers", "{\"" + std::string(name) + "\":\"x\"}") ==
              "/spec/headers/" + std::string(name) + ": is a header the probe sets itself");
    }
}

TEST_CASE("headers are bounded in number and in total size") {
    std::string many = "{";
    for (int i = 0; i < 51; ++i) many += (i == 0 ? "\"H" : ",\"H") + std::to_string(i) + "\":\"x\"";
    CHECK(with("headers", many + "}") == "/spec/headers: must have at most 50 headers");
    std::string large = "{";
    for (int i = 0; i < 5; ++i) large += (i == 0 ? "\"H" : ",\"H") + std::to_string(i) + "\":\"" + std::string(4000, 'x') + "\"";
    CHECK(with("headers", large + "}") == "/spec/headers: must not be longer than 16384 bytes together");
}

TEST_CASE("no mistake hides another") {
    CHECK(problems(R"({"url":"x","method":"put","max_redirects":99,"nonsense":true})") ==
          "/spec/url: must begin with http:// or https://\n"
          "/spec/method: must be a method in upper case, as GET, POST or PROPFIND\n"
          "/spec/max_redirects: must be a whole number from 0 to 20\n"
          "/spec/nonsense: is not a field of this object");
}

TEST_CASE("a body may have line breaks, and up to 64 KiB") {
    CHECK(read(R"({"url":"http://a/","method":"POST","body":"a\r\n\tb"})").body == "a\r\n\tb");
    CHECK(problems(R"({"url":"http://a/","method":"POST","body":"\u0000"})") ==
          "/spec/body: must not contain control characters");
    CHECK(problems(R"({"url":"http://a/","method":"POST","body":")" + std::string(65537, 'x') + "\"}") ==
          "/spec/body: must be a string of at most 65536 bytes");
}

TEST_CASE("a status set contains its ranges, ends included") {
    const auto set = StatusSet::parse("200-204,301,404-404");
    REQUIRE(set);
    for (const int status : {200, 202, 204, 301, 404}) CHECK_MESSAGE(set->contains(status), status);
    for (const int status : {0, 199, 205, 300, 302, 403, 405, 599}) CHECK_MESSAGE(!set->contains(status), status);
    CHECK(set->text() == "200-204,301,404");
}

TEST_CASE("a malformed status set is refused, naming the part that is wrong") {
    const auto bad_part = [](const char* text) {
        const auto set = StatusSet::parse(text);
        REQUIRE_MESSAGE(!set, std::string(text));
        return set.error().message.substr(0, set.error().message.find(" is not"));
    };
    CHECK(bad_part("") == "\"\"");
    CHECK(bad_part("200,") == "\"\"");
    CHECK(bad_part("200,,301") == "\"\"");
    CHECK(bad_part("200-299,3xx") == "\"3xx\"");
    CHECK(bad_part("99") == "\"99\"");
    CHECK(bad_part("600") == "\"600\"");
    CHECK(bad_part("299-200") == "\"299-200\"");
    CHECK(bad_part("200-250-299") == "\"200-250-299\"");
    CHECK(bad_part("-200") == "\"-200\"");
    CHECK(bad_part("200 ") == "\"200 \"");
    CHECK(bad_part("+200") == "\"+200\"");
    CHECK(bad_part("99999999999") == "\"99999999999\"");
    std::string many = "200";
    for (int i = 0; i < 50; ++i) many += ",200";
    CHECK(StatusSet::parse(many).error().message == "must have at most 50 ranges");
}

TEST_CASE("a brief document has what is not usual, and is read back equal") {
    const auto brief = [](Kind kind, const char* text) {
        const auto spec = check::read_spec(kind, *json::parse(text), "");
        REQUIRE_MESSAGE(spec, std::string(text));
        const auto document = check::write_brief_spec(*spec);
        CHECK(check::write_spec(*check::read_spec(kind, document, "")) == check::write_spec(*spec));
        return json::dump(document);
    };
    CHECK(brief(Kind::http, R"({"url":"http://a/"})") == R"({"url":"http://a/"})");
    CHECK(brief(Kind::http, R"({"url":"http://a/","method":"GET","max_redirects":3})") == R"({"url":"http://a/","max_redirects":3})");
    CHECK(brief(Kind::tcp, R"({"host":"a","port":80})") == R"({"host":"a","port":80})");
    // 443 is usual, but not for mail: without it, it would be 587.
    CHECK(brief(Kind::tls, R"({"host":"a","port":443,"starttls":"smtp"})").find(R"("port":443)") != std::string::npos);
}

}  // namespace spec_test
