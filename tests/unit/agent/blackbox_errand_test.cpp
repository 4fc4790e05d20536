// Targets of scrapes, and the time there is for them.
#include <doctest/doctest.h>

#include "probe-agent/blackbox/errand.h"
#include "tests/unit/agent/blackbox_reading.h"

namespace blackbox_errand_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::agent::blackbox;

namespace {

constexpr milliseconds kTime{3000};

std::string where(const std::string& section, const std::string& target, const std::string& hostname = "") {
    const auto errand = make_errand(module_of(section), target, hostname);
    return errand ? errand->host + ' ' + std::to_string(errand->port) : errand.error().message;
}

check::Spec spec_of(const std::string& section, const std::string& target, const std::string& hostname = "") {
    const auto errand = make_errand(module_of(section), target, hostname);
    REQUIRE_MESSAGE(errand, (errand ? "" : errand.error().message));
    const auto aimed = aim(*errand, errand->host.empty() ? std::nullopt : net::Address::parse("192.0.2.7"), kTime);
    REQUIRE_MESSAGE(aimed, (aimed ? "" : aimed.error().message));
    return (*aimed)->spec;
}

check::HttpSpec http_of(const std::string& section, const std::string& target, const std::string& hostname = "") {
    return std::get<check::HttpSpec>(spec_of("prober: http\n    http: " + section, target, hostname));
}

}  // namespace

TEST_CASE("an http target is a URL, or what an http one goes on with; it is reached at the address that was looked up") {
    CHECK(where("prober: http", "https://Example.test/a?b") == "example.test 443");
    CHECK(where("prober: http", "example.test:8080/x") == "example.test 8080");
    CHECK(where("prober: http", "[2001:db8::1]:81") == "2001:db8::1 81");
    CHECK(where("prober: http", "ftp://example.test/").starts_with("target "));
    CHECK(where("prober: http", "http://u:p@example.test/") == "target must not contain a user name or password: use basic_auth of the module");
    CHECK(where("prober: http", std::string(2049, 'a')) == "target is longer than 2048 bytes");
    const auto spec = http_of("{}", "example.test:8080/x");
    CHECK(spec.url == "http://example.test:8080/x");
    CHECK(spec.connection.connect_to == "192.0.2.7:8080");
}

TEST_CASE("behind a proxy nothing is looked up here") {
    const auto* const section = "{proxy_url: 'http://proxy.test:3128', skip_resolve_phase_with_proxy: true}";
    CHECK(where(std::string("prober: http\n    http: ") + section, "https://example.test/") == " 0");
    const auto spec = http_of(section, "https://example.test/");
    CHECK(spec.connection.proxy == "http://proxy.test:3128");
    CHECK(spec.connection.connect_to.empty());
}

TEST_CASE("tls_config is for https targets; for http ones it says nothing") {
    const auto* const section = "{tls_config: {server_name: other.test, insecure_skip_verify: true}}";
    CHECK(http_of(section, "https://example.test/").connection.tls_server_name == "other.test");
    CHECK(http_of(section, "http://example.test/").connection.tls_server_name.empty());
}

TEST_CASE("a hostname becomes Host and the name of TLS, unless the module says otherwise") {
    const auto plain = http_of("{}", "http://192.0.2.7/", "example.test");
    CHECK(plain.headers == std::vector<std::pair<std::string, std::string>>{{"Host", "example.test"}});
    CHECK(http_of("{}", "https://192.0.2.7/", "example.test").connection.tls_server_name == "example.test");
    CHECK(http_of("{tls_config: {server_name: b.test}}", "https://192.0.2.7/", "example.test").connection.tls_server_name == "b.test");
    CHECK(where("prober: http\n    http: {headers: {host: a.test}}", "http://192.0.2.7/", "example.test") ==
          "hostname is example.test, and the module has another Host: a.test");
    CHECK(where("prober: icmp", "192.0.2.7", "example.test") == "hostname is of no use to the prober icmp");
    CHECK(where("prober: tcp", "192.0.2.7:1", "example.test") == "hostname is of no use to a module without TLS");
    CHECK(std::get<check::TcpSpec>(spec_of("prober: tcp\n    tcp: {tls: true}", "192.0.2.7:1", "example.test")).tls->server_name == "example.test");
    CHECK(where("prober: http", "http://192.0.2.7/", "a b").starts_with("target and module do not fit: "));
}

TEST_CASE("other targets are hosts, with a port where the prober has one") {
    CHECK(where("prober: tcp", "Example.test:25") == "example.test 25");
    CHECK(where("prober: tcp", "[2001:db8::1]:25") == "2001:db8::1 25");
    for (const auto* wrong : {"example.test", "example.test:", "example.test:0", "example.test:65536", "2001:db8::1", ":25", "a:b:25"}) {
        CHECK_MESSAGE(where("prober: tcp", wrong) == "target must be host:port", wrong);
    }
    CHECK(where("prober: tcp", "a/b:25") == "target: \"a/b\" is neither a host name nor an address");
    CHECK(where("prober: icmp", "example.test") == "example.test 0");
    CHECK(where("prober: icmp", "[2001:db8::1]") == "2001:db8::1 0");
    CHECK(where("prober: icmp", "example.test:7") == "target must be a host");
    const std::string dns = "prober: dns\n    dns: {query_name: a.test, query_type: A}";
    CHECK(where(dns, "ns.example.test") == "ns.example.test 53");
    CHECK(where(dns, "2001:db8::1") == "2001:db8::1 53");
    CHECK(std::get<check::DnsSpec>(spec_of(dns, "ns.example.test:5353")).server == "192.0.2.7:5353");
}

TEST_CASE("by name, the certificate must be for the name; by address, for the address") {
    const auto* const section = "prober: tcp\n    tcp: {tls: true}";
    const auto named = std::get<check::TcpSpec>(spec_of(section, "example.test:443"));
    CHECK(named.host == "192.0.2.7");
    CHECK(named.tls->server_name == "example.test");
    CHECK(std::get<check::TcpSpec>(spec_of(section, "192.0.2.7:443")).tls->server_name.empty());
}

TEST_CASE("a grpc target is a host and a port, also within a URL, and the call is for it whatever address is dialled") {
    CHECK(where("prober: grpc", "Example.test:50051") == "example.test 50051");
    CHECK(where("prober: grpc", "https://example.test:50051/x") == "example.test 50051");
    for (const auto* wrong : {"example.test", "https://example.test", "http://", ":1"}) CHECK_MESSAGE(where("prober: grpc", wrong) == "target must be host:port", wrong);
    CHECK(where("prober: grpc", "example.test:1", "other.test") == "hostname is of no use to the prober grpc");
    const auto plain = std::get<check::GrpcSpec>(spec_of("prober: grpc", "example.test:50051"));
    CHECK(plain.host == "192.0.2.7");
    CHECK(plain.authority == "example.test:50051");
    CHECK_FALSE(plain.tls.has_value());
    CHECK(std::get<check::GrpcSpec>(spec_of("prober: grpc", "[2001:db8::1]:1")).authority == "[2001:db8::1]:1");
    const auto* const section = "prober: grpc\n    grpc: {tls: true}";
    CHECK(std::get<check::GrpcSpec>(spec_of(section, "example.test:1")).tls->server_name == "example.test");
    CHECK(std::get<check::GrpcSpec>(spec_of(section, "192.0.2.7:1")).tls->server_name.empty());
}

TEST_CASE("a ping waits as long as there is time for") {
    CHECK(std::get<check::PingSpec>(spec_of("prober: icmp", "a.test")).wait == kTime);
    const auto errand = make_errand(module_of("prober: icmp"), "a.test", "");
    CHECK(std::get<check::PingSpec>((*aim(*errand, net::Address::parse("192.0.2.7"), milliseconds{1}))->spec).wait == milliseconds{50});
    CHECK(std::get<check::PingSpec>((*aim(*errand, net::Address::parse("192.0.2.7"), milliseconds{60'000}))->spec).wait == milliseconds{10'000});
}

TEST_CASE("the time is the scrape's less the offset, or less if the module says so") {
    const auto time = [](const char* header, int of_module) {
        const std::string text = header == nullptr ? "" : header;
        const auto found = time_for(header == nullptr ? nullptr : &text, milliseconds{500}, milliseconds{of_module});
        return found ? found->count() : -1;
    };
    CHECK(time("10", 0) == 9500);
    CHECK(time("10.000000", 5000) == 5000);
    CHECK(time("3", 5000) == 2500);
    CHECK(time(nullptr, 0) == 120'000);
    CHECK(time(nullptr, 5000) == 5000);
    CHECK(time("1e9", 0) == 120'000);
    CHECK(time("0.4", 0) == 400);
    CHECK(time("0.0001", 0) == 1);
    for (const auto* wrong : {"", "0", "-1", "nan", "inf", "5s"}) CHECK_MESSAGE(time(wrong, 0) == -1, wrong);
}

}  // namespace blackbox_errand_test
