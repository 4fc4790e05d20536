#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/nginx.h"
#include "tests/integration/agent/raw_server.h"
#include "tests/integration/agent/tls_server.h"

namespace http_assertion_test {

using namespace sonde;
using namespace sonde::test;

namespace {

check::Spec spec_of(const std::string& url, const std::string& assertions, const std::string& rest = "") {
    const auto document = json::parse("{\"url\":\"" + url + "\"," + rest + "\"assertions\":[" + assertions + "]}");
    REQUIRE_MESSAGE(document, assertions);
    auto spec = check::read_spec(check::Kind::http, *document, "");
    REQUIRE_MESSAGE(spec, assertions);
    return *std::move(spec);
}

std::string ok(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// How every assertion fared, the status left out.
std::string outcomes(Bench& bench, const check::Spec& spec) {
    const auto seen = bench.run(spec);
    REQUIRE_MESSAGE(!seen.failure, describe(seen));
    std::string text;
    const auto judgement = check::judge(spec, seen, wall_now());
    for (const auto& result : judgement.assertions) {
        if (result.assertion == "status") continue;
        text += std::string(text.empty() ? "" : "; ") + std::string(name_of(result.verdict));
        if (result.cause != check::FailureClass::none) text += ' ' + std::string(name_of(result.cause));
    }
    return text;
}

}  // namespace

TEST_CASE("each kind of assertion is right about an answer that is right, and about one that is wrong") {
    const auto* assertions =
        R"({"on":"header","name":"content-type","contains":"json"},{"on":"header","name":"X-Debug","not_exists":true},)"
        R"({"on":"body","contains":"\"ok\""},{"on":"body","not_matches":"(?i)error"},{"on":"json","path":"$.status","equals":"ok"},)"
        R"({"on":"json","path":"$.checks[*].ms","below":100,"severity":"degraded"},{"on":"response_time","below_ms":60000})";
    Bench bench;
    RawServer good(answering(ok(R"({"status":"ok","checks":[{"ms":5},{"ms":99.5}]})", "Content-Type: application/json\r\n")));
    CHECK(outcomes(bench, spec_of(good.url(), assertions)) == "up; up; up; up; up; up; up");
    RawServer bad(answering(ok(R"({"status":"Error","checks":[{"ms":5},{"ms":100}]})", "Content-Type: text/html\r\nx-debug: 1\r\n")));
    CHECK(outcomes(bench, spec_of(bad.url(), assertions)) ==
          "down assertion; down assertion; down body_mismatch; down body_mismatch; down assertion; degraded assertion; up");
}

TEST_CASE("an answer that takes its time is too slow") {
    Bench bench;
    RawServer server([](int fd) {
        read_request(fd);
        ::usleep(30'000);
        send_all(fd, ok(""));
    });
    CHECK(outcomes(bench, spec_of(server.url(), R"({"on":"response_time","below_ms":30},{"on":"response_time","below_ms":1,"severity":"degraded"})")) ==
          "down too_slow; degraded too_slow");
}

TEST_CASE("a huge body is looked at to the end of the limit, and judged as far as it was seen") {
    Bench bench;
    RawServer server(answering(ok("begin" + std::string(300'000, 'x') + "middle" + std::string(2'000'000, 'x') + "end")));
    const auto* assertions = R"({"on":"body","contains":"middle"},{"on":"body","contains":"end"},{"on":"body","not_contains":"end"})";
    CHECK(outcomes(bench, spec_of(server.url(), assertions)) == "up; down body_too_large; down body_too_large");
    CHECK(outcomes(bench, spec_of(server.url(), assertions, R"("max_body_bytes":10485760,)")) == "up; up; down body_mismatch");
    CHECK(outcomes(bench, spec_of(server.url(), assertions, R"("max_body_bytes":300000,)")) ==
          "down body_too_large; down body_too_large; down body_too_large");
}

TEST_CASE("a body nobody asserts anything of is kept as evidence only") {
    Bench bench;
    RawServer server(answering(ok(std::string(100'000, 'x'))));
    CHECK(bench.run(server.url()).http().body.size() == 4096);
    CHECK(bench.run(spec_of(server.url(), R"({"on":"body","contains":"x"})")).http().body.size() == 100'000);
    CHECK(bench.run(spec_of(server.url(), R"({"on":"header","name":"A","not_exists":true})")).http().body.size() == 4096);
}

TEST_CASE("a body that is not UTF-8 is bytes to a body assertion and not JSON to another") {
    Bench bench;
    RawServer server(answering(ok("{\"a\":\"\xff\"}")));
    CHECK(outcomes(bench, spec_of(server.url(), R"({"on":"body","contains":"{\"a\":"},{"on":"json","path":"$.a","exists":true})")) == "up; down assertion");
}

TEST_CASE("the body after a redirect is the one that is judged") {
    Bench bench;
    RawServer server([](int fd) {
        const bool first = read_request(fd).starts_with("GET /old ");
        send_all(fd, first ? "HTTP/1.1 302 Found\r\nLocation: /new\r\nX-Old: 1\r\nContent-Length: 3\r\n\r\nold" : ok("new"));
    });
    const auto* assertions = R"({"on":"body","equals":"new"},{"on":"header","name":"x-old","not_exists":true})";
    CHECK(outcomes(bench, spec_of(server.url("/old"), assertions)) == "up; up");
    CHECK(outcomes(bench, spec_of(server.url("/old"), assertions, R"("follow_redirects":false,"accept_status":"302",)")) ==
          "down body_mismatch; down assertion");
}

TEST_CASE("a certificate near its end is a warning by itself, and an outage where that is asked") {
    TempDir directory;
    const auto authority = make_certificate({.common_name = "Test Authority", .names = "", .is_authority = true});
    std::ofstream(directory.path() + "/ca.pem") << authority.pem();
    Bench bench({}, directory.path() + "/ca.pem");
    const auto certificate = make_certificate({.common_name = "good.test", .names = "DNS:good.test", .valid_to_s = 5 * 86'400 + 3600}, &authority);
    TlsServer server(certificate, ok("hello"));
    const auto url = "https://good.test:" + std::to_string(server.port()) + "/";
    CHECK(outcomes(bench, spec_of(url, "")) == "degraded tls_expired");
    CHECK(outcomes(bench, spec_of(url, "", R"("certificate_warn_days":5,)")) == "up");
    CHECK(outcomes(bench, spec_of(url, "", R"("certificate_warn_days":0,)")) == "");
    CHECK(outcomes(bench, spec_of(url, R"({"on":"certificate","days_left_at_least":6},{"on":"certificate","days_left_at_least":5})")) ==
          "degraded tls_expired; down tls_expired; up");
    RawServer plain(answering(ok("hello")));
    CHECK(outcomes(bench, spec_of(plain.url(), R"({"on":"certificate","days_left_at_least":5})")) == "down assertion");
}

TEST_CASE("nginx over TLS and HTTP/2 is judged like everybody") {
    if (!Nginx::is_there()) return;
    Bench bench;
    const Nginx nginx(make_certificate({.common_name = "good.test", .names = "DNS:good.test"}));
    const auto url = "https://good.test:" + std::to_string(nginx.port());
    const auto* rest = R"("tls_verify":false,)";
    CHECK(outcomes(bench, spec_of(url + "/", R"({"on":"body","equals":"hello"},{"on":"header","name":"server","matches":"^nginx"})", rest)) == "up; up");
    CHECK(outcomes(bench, spec_of(url + "/large", R"({"on":"body","matches":"^x+$"},{"on":"body","matches":"^x+"})", rest)) == "down body_too_large; up");
}

TEST_CASE("assertions on JSON see what a packed body unpacks to") {
    if (!Nginx::is_there()) return;
    Bench bench;
    const Nginx nginx(make_certificate({.common_name = "good.test", .names = "DNS:good.test"}));
    const auto url = "https://good.test:" + std::to_string(nginx.port()) + "/status.json";
    const std::string json = R"({"on":"json","path":"$.status","equals":"ok"},{"on":"json","path":"$.parts[999].name","equals":"part 999"},)"
                             R"({"on":"json","path":"$.parts[*].ms","below":99,"severity":"degraded"},{"on":"body","contains":"part 500"},)";
    const auto* packed = R"({"on":"header","name":"content-encoding","equals":"gzip"})";
    CHECK(outcomes(bench, spec_of(url, json + packed, R"("tls_verify":false,)")) == "up; up; degraded assertion; up; up");
    // The limit is on what it unpacks to.
    CHECK(outcomes(bench, spec_of(url, json + packed, R"("tls_verify":false,"max_body_bytes":20000,)")) ==
          "down body_too_large; down body_too_large; degraded body_too_large; up; up");
    const auto* plain = R"({"on":"header","name":"content-encoding","not_exists":true})";
    CHECK(outcomes(bench, spec_of(url, json + plain, R"("tls_verify":false,"compression":false,)")) == "up; up; degraded assertion; up; up");
}

}  // namespace http_assertion_test
