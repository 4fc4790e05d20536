// /probe over HTTP, against real servers.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <future>

#include "tests/integration/agent/dns_server.h"
#include "tests/integration/agent/exporter.h"
#include "tests/integration/agent/nginx.h"
#include "tests/support/python_server.h"
#include "tests/integration/agent/raw_server.h"
#include "tests/support/servers.h"

namespace probe_endpoint_test {

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr const char* kModules = R"(modules:
  http_2xx: {prober: http, timeout: 5s}
  pattern: {prober: http, http: {fail_if_body_not_matches_regexp: ["^nothing of it"]}}
  secret: {prober: http, http: {bearer_token: very-secret-token, headers: {X-Api-Key: hush-hush-key}}}
  tcp: {prober: tcp, timeout: 5s}
  banner: {prober: tcp, timeout: 300ms, tcp: {query_response: [{expect: "^220 ready$"}, {send: "QUIT\r"}, {expect: "^221"}]}}
  v6: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip6}}
  v6_only: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip6, ip_protocol_fallback: false}}
  v4: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}
  grpc_slow: {prober: grpc, timeout: 500ms, grpc: {service: slow}}
  dns: {prober: dns, timeout: 5s, dns: {query_name: a.test, query_type: A, validate_answer_rrs: {fail_if_not_matches_regexp: ["^a\\.test\\.\t\\d+\tIN\tA\t192\\.0\\.2\\.1$"]}}}
)";

std::string at(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

TEST_CASE("a URL is probed by the module that is asked for, or by http_2xx") {
    Exporter exporter(kModules);
    RawServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
    const auto usual = exporter.probe("target=" + at(server.port()));
    CHECK(usual.at("probe_success") == 1);
    CHECK(usual.at("probe_http_status_code") == 200);
    CHECK(usual.at("probe_http_version") == 1.1);
    CHECK(usual.at("probe_http_content_length") == 5);
    CHECK(usual.at("probe_http_uncompressed_body_length") == 5);
    CHECK(usual.at("probe_ip_protocol") == 4);
    CHECK(usual.at("probe_ip_addr_hash") == 3668918509);
    CHECK(usual.at("probe_duration_seconds") >= usual.at("probe_http_duration_seconds{phase=\"processing\"}"));
    const auto failed = exporter.probe("module=pattern&target=http://good.test:" + std::to_string(server.port()) + "/");
    CHECK(failed.at("probe_success") == 0);
    CHECK(failed.at("probe_failed_due_to_regex") == 1);
    CHECK(failed.at("probe_http_status_code") == 200);
    const auto refused = exporter.probe("target=" + at(closed_port()));
    CHECK(refused.at("probe_success") == 0);
    CHECK(refused.at("probe_http_status_code") == 0);
    CHECK(refused.at("probe_ip_protocol") == 4);
    CHECK(exporter.metrics().find("sonde_agent_probe_requests_total{outcome=\"down\"} 2") != std::string::npos);
}

TEST_CASE("a dialogue goes line by line, and what comes in one piece is several lines") {
    Exporter exporter(kModules);
    RawServer server([](int fd) {
        send_all(fd, "220-hello\r\n220 ready\r\n221");
        char asked[6] = {};
        if (::recv(fd, asked, sizeof asked, MSG_WAITALL) != 6 || std::string_view(asked, 6) != "QUIT\r\n") return;
        send_all(fd, " bye\r\n");
        wait_for_end(fd);
    });
    CHECK(exporter.probe("module=banner&target=" + at(server.port())).at("probe_success") == 1);
    RawServer other([](int fd) {
        send_all(fd, "220 ready or not\r\n");
        ::shutdown(fd, SHUT_WR);
        wait_for_end(fd);
    });
    const auto failed = exporter.probe("module=banner&target=" + at(other.port()));
    CHECK(failed.at("probe_success") == 0);
    CHECK(failed.at("probe_failed_due_to_regex") == 1);
    const auto silent = exporter.probe("module=banner&target=" + at(FullListener().port()));
    CHECK(silent.at("probe_success") == 0);
    CHECK(silent.at("probe_failed_due_to_regex") == 0);
}

TEST_CASE("of a name's addresses the preferred family is probed, the other one only if the module lets it") {
    DnsServer names([](const std::string& name, DnsType type) -> std::optional<DnsAnswer> {
        if (name == "four.name" && type == DnsType::a) return DnsAnswer{.addresses = {"127.0.0.1"}};
        if (name == "both.name") return DnsAnswer{.addresses = {type == DnsType::a ? "127.0.0.1" : "::1"}};
        return name == "four.name" ? DnsAnswer{} : DnsAnswer{.rcode = 3};
    });
    Exporter exporter(kModules, {}, {names.address()});
    RawServer server(wait_for_end);
    const auto port = ":" + std::to_string(server.port());
    const auto fallen_back = exporter.probe("module=v6&target=four.name" + port);
    CHECK(fallen_back.at("probe_success") == 1);
    CHECK(fallen_back.at("probe_ip_protocol") == 4);
    const auto none = exporter.probe("module=v6_only&target=four.name" + port);
    CHECK(none.at("probe_success") == 0);
    CHECK(none.at("probe_ip_protocol") == 0);
    CHECK(exporter.probe("module=v6&target=both.name" + port).at("probe_ip_protocol") == 6);
    CHECK(exporter.probe("module=v4&target=both.name" + port).at("probe_success") == 1);
    CHECK(exporter.probe("module=v4&target=nowhere.name" + port).at("probe_ip_addr_hash") == 0);
}

TEST_CASE("a name server is asked, and its records are held against the module's expressions") {
    Exporter exporter(kModules);
    DnsServer server([](const std::string&, DnsType) { return DnsAnswer{.addresses = {"192.0.2.1"}}; });
    const auto seen = exporter.probe("module=dns&target=" + server.address());
    CHECK(seen.at("probe_success") == 1);
    CHECK(seen.at("probe_dns_answer_rrs") == 1);
    CHECK(seen.at("probe_dns_query_succeeded") == 1);
    DnsServer other([](const std::string&, DnsType) { return DnsAnswer{.addresses = {"192.0.2.2"}}; });
    CHECK(exporter.probe("module=dns&target=" + other.address()).at("probe_success") == 0);
}

TEST_CASE("a gRPC server that does not answer in time has the status that its client has for that") {
    Exporter exporter(kModules);
    PythonServer server("tests/integration/agent/grpc_server.py");
    const auto seen = exporter.probe("module=grpc_slow&target=https://good.test:" + std::to_string(server.port()) + "/");
    CHECK(seen.at("probe_success") == 0);
    CHECK(seen.at("probe_grpc_status_code") == 4);
    CHECK(seen.at("probe_grpc_ssl") == 0);
    CHECK(seen.at("probe_grpc_healthcheck_response{serving_status=\"SERVING\"}") == 0);
}

TEST_CASE("what cannot be asked is refused with a text, and other methods with 405") {
    Exporter exporter(kModules);
    const auto told = [&](const std::string& query, const std::string& headers = "") {
        const auto answer = exporter.ask(query, headers);
        return std::to_string(answer.status) + ' ' + answer.body;
    };
    CHECK(told("module=tcp") == "400 target is missing\n");
    CHECK(told("module=none&target=a.test:1") == "400 there is no module \"none\"\n");
    CHECK(told("module=tcp&target=a.test") == "400 target must be host:port\n");
    CHECK(told("module=tcp&target=a.test:1", "X-Prometheus-Scrape-Timeout-Seconds: soon\r\n").starts_with("400 X-Prometheus-Scrape-Timeout-Seconds must be"));
    CHECK(told("module=tcp&target=blocked.test:1").starts_with("403 this agent does not probe there (guard.allow): "));
    CHECK(told("module=tcp&target=10.0.0.1:1").starts_with("403 "));
    for (const auto* method : {"HEAD", "POST", "PUT", "DELETE"}) {
        const auto answer = exporter.request(std::string(method) + " /probe?target=a.test HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        CHECK_MESSAGE(answer.status == 405, method);
        CHECK(answer.headers.at("allow") == "GET");
    }
}

TEST_CASE("with a token file only those are served who show the token") {
    TempDir directory;
    const auto file = directory.path() + "/token";
    std::ofstream(file) << "0123456789abcdef\n";
    Exporter exporter(kModules, {.token_file = file});
    RawServer server(wait_for_end);
    const auto query = "module=tcp&target=" + at(server.port());
    CHECK(exporter.ask(query).status == 401);
    CHECK(exporter.ask(query).headers.at("www-authenticate") == "Bearer");
    CHECK(exporter.ask(query, "Authorization: Bearer 0123456789abcdeX\r\n").status == 401);
    CHECK(exporter.ask(query, "Authorization: Basic 0123456789abcdef\r\n").status == 401);
    CHECK(exporter.probe(query, "Authorization: Bearer 0123456789abcdef\r\n").at("probe_success") == 1);
    std::ofstream(file) << "short";
    CHECK_THROWS_WITH_AS(Exporter(kModules, {.token_file = file}), (file + ": must have a token of 16 to 1024 bytes").c_str(), std::runtime_error);
}

TEST_CASE("the time of the scrape ends a probe before the module's own does") {
    Exporter exporter(kModules, {.timeout_offset = milliseconds{100}});
    FullListener full;
    const auto seen = exporter.probe("module=tcp&target=" + at(full.port()), "X-Prometheus-Scrape-Timeout-Seconds: 0.3\r\n");
    CHECK(seen.at("probe_success") == 0);
    CHECK(seen.at("probe_duration_seconds") >= 0.2);
    CHECK(seen.at("probe_duration_seconds") < 5);
}

TEST_CASE("more probes than may be under way are refused, and room comes back") {
    Exporter exporter(kModules, {.concurrency = 1});
    std::atomic<bool> connected{false};
    std::promise<void> door;
    RawServer slow([&](int fd) {
        read_request(fd);
        connected = true;
        door.get_future().wait();
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    RawServer server(wait_for_end);
    auto first = std::async(std::launch::async, [&] { return exporter.ask("target=" + at(slow.port())); });
    REQUIRE(eventually([&] { return connected.load(); }));
    const auto second = exporter.ask("module=tcp&target=" + at(server.port()));
    CHECK(second.status == 503);
    CHECK(second.headers.at("retry-after") == "1");
    door.set_value();
    CHECK(first.get().status == 200);
    CHECK(exporter.probe("module=tcp&target=" + at(server.port())).at("probe_success") == 1);
}

TEST_CASE("a probe under way when the agent stops is answered") {
    Exporter exporter(kModules);
    std::atomic<bool> connected{false};
    RawServer server([&](int fd) {
        connected = true;
        wait_for_end(fd);
    });
    auto answer = std::async(std::launch::async, [&] { return exporter.ask("target=" + at(server.port())); });
    REQUIRE(eventually([&] { return connected.load(); }));
    exporter.stop();
    const auto told = answer.get();
    CHECK(told.status == 503);
    CHECK(told.body == "the agent stops\n");
}

TEST_CASE("a changed module file counts from the reload on, and one with mistakes does not") {
    Exporter exporter("modules:\n  a: {prober: tcp}\n");
    RawServer server(wait_for_end);
    const auto status = [&](const std::string& module) { return exporter.ask("module=" + module + "&target=" + at(server.port())).status; };
    CHECK(status("a") == 200);
    exporter.write_modules("modules:\n  b: {prober: tcp}\n");
    CHECK(status("b") == 400);
    exporter.reload();
    CHECK(status("b") == 200);
    CHECK(status("a") == 400);
    exporter.write_modules("modules:\n  c: {prober: tcp, tcp: {nonsense: 1}}\n");
    exporter.reload();
    CHECK(status("b") == 200);
    CHECK_THROWS_WITH_AS(Exporter("modules:\n  c: {prober: tcp, tcp: {nonsense: 1}}\n"), doctest::Contains(":2: \"modules.c.tcp.nonsense\" is not a known key"),
                         std::runtime_error);
}

TEST_CASE("debug shows what was seen, what it means, the metrics and the module, and no secret") {
    Exporter exporter(kModules);
    RawServer server([](int fd) {
        const auto request = read_request(fd);
        send_all(fd, "HTTP/1.1 500 Oh\r\nX-Echo: very-secret-token\r\nContent-Length: " + std::to_string(request.size()) + "\r\n\r\n" + request);
    });
    const auto answer = exporter.ask("debug=true&module=secret&target=" + at(server.port()));
    CHECK(answer.status == 200);
    for (const auto* part : {"Verdict: down (http_status): status is 500, must be 200-299", "[down] status: must be 200-299, is 500", "\"http\": {",
                             "\"name\": \"X-Echo\",\n        \"value\": \"***\"",
                             "\nprobe_http_status_code 500\n", "\"prober\": \"http\"", "\"X-Api-Key\": \"***\""}) {
        CHECK_MESSAGE(answer.body.find(part) != std::string::npos, part << " in " << answer.body);
    }
    CHECK(answer.body.find("very-secret-token") == std::string::npos);
    CHECK(answer.body.find("hush-hush-key") == std::string::npos);
}

TEST_CASE("over HTTP/2 and TLS the certificate is told, and trusted by the module's own authority") {
    if (!Nginx::is_there()) return;
    const auto certificate = make_certificate({.common_name = "good.test", .names = "DNS:good.test,DNS:other.test"});
    Nginx nginx(certificate);
    Exporter exporter("modules: {}");
    std::ofstream(exporter.directory() + "/ca.pem") << certificate.pem();
    exporter.write_modules("modules:\n  trusts: {prober: http, http: {tls_config: {ca_file: ca.pem}, valid_http_versions: [HTTP/2.0], fail_if_not_ssl: true}}\n"
                           "  skips: {prober: http, http: {tls_config: {insecure_skip_verify: true}, fail_if_ssl: true}}\n");
    exporter.reload();
    const auto url = "https://good.test:" + std::to_string(nginx.port());
    const auto seen = exporter.probe("module=trusts&target=" + url + "/moved");
    CHECK(seen.at("probe_success") == 1);
    CHECK(seen.at("probe_http_version") == 2);
    CHECK(seen.at("probe_http_ssl") == 1);
    CHECK(seen.at("probe_http_redirects") == 1);
    CHECK(seen.at("probe_ssl_earliest_cert_expiry") == seen.at("probe_ssl_last_chain_expiry_timestamp_seconds"));
    CHECK(seen.at("probe_http_duration_seconds{phase=\"tls\"}") > 0);
    const auto skipped = exporter.probe("module=skips&target=" + url + "/");
    CHECK(skipped.at("probe_success") == 0);
    CHECK(skipped.count("probe_ssl_last_chain_expiry_timestamp_seconds") == 0);
    const auto renamed = exporter.probe("module=trusts&hostname=other.test&target=https://127.0.0.1:" + std::to_string(nginx.port()) + "/");
    CHECK(renamed.at("probe_success") == 1);
    CHECK(exporter.probe("module=trusts&target=https://127.0.0.1:" + std::to_string(nginx.port()) + "/").at("probe_success") == 0);
}

}  // namespace probe_endpoint_test
