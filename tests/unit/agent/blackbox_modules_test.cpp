// Reading modules in blackbox_exporter's format.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "probe-agent/blackbox/errand.h"
#include "probe-agent/blackbox/module_file.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/blackbox_reading.h"

namespace blackbox_modules_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::agent::blackbox;

namespace {

// A module of one prober, from the lines of its section.
std::string in_section(const std::string& prober, const std::string& lines) {
    return mistakes("modules:\n  m:\n    prober: " + prober + "\n    " + prober + ":\n" + lines);
}
std::string http(const std::string& line) { return in_section("http", "      " + line + "\n"); }
std::string tcp(const std::string& line) { return in_section("tcp", "      " + line + "\n"); }
std::string icmp(const std::string& line) { return in_section("icmp", "      " + line + "\n"); }
std::string dns(const std::string& line) { return in_section("dns", "      query_name: a.test\n      query_type: A\n      " + line + "\n"); }

Json spec_of(const std::string& prober, const std::string& section) { return module_of("prober: " + prober + "\n    " + prober + ": " + section)->spec; }

}  // namespace

TEST_CASE("a file has modules and nothing else, and each of them has a prober") {
    CHECK(mistakes("modules: {}\n") == "none");
    CHECK(mistakes("") == "file:1: \"modules\" is required");
    CHECK(mistakes("modules: []\n") == "file:1: \"modules\" must be a map");
    CHECK(mistakes("modules:\n  m: {}\n") == "file:2: \"modules.m.prober\" is required");
    CHECK(mistakes("modules:\n  m:\n    prober: smtp\n") == "file:3: \"modules.m.prober\" must be one of http, tcp, dns, icmp, grpc");
    CHECK(mistakes("modules:\n  m:\n    prober: http\n    timeout: 3 s\n") == "file:4: \"modules.m.timeout\" must be a duration from 0 to 2m");
    CHECK(mistakes("modules:\n  m:\n    prober: http\n    tcp:\n      tls: true\n") == "file:4: \"modules.m.tcp\" is not possible here: the prober is http");
    CHECK(mistakes("modules:\n  m:\n    prober: http\n    htpp: {}\n") == "file:4: \"modules.m.htpp\" is not a known key");
    CHECK(mistakes("modules:\n  m: {prober: http}\n  m: {prober: tcp}\n") == "file:3: \"modules.m\" is there twice");
    CHECK(mistakes("probes: {}\nmodules: {}\n") == "file:1: \"probes\" is not a known key");
    CHECK(mistakes("modules:\n\t- x\n").starts_with("file:2: is not YAML: "));
    CHECK(mistakes(std::string((1 << 20) + 1, ' ')).ends_with("the file has more than 1048576 bytes"));
}

TEST_CASE("the example that is shipped is taken, and files are found beside it") {
    const auto modules = load_modules(std::string(std::getenv("SONDE_SOURCE_DIR")) + "/config/probe/modules.yaml");
    REQUIRE_MESSAGE(modules, (modules ? "" : modules.error().message));
    CHECK((*modules)->by_name.size() == 9);
    const TempDir directory;
    std::ofstream(directory.path() + "/modules.yaml") << "modules:\n  m: {prober: http, http: {method: POST, body_file: body, bearer_token_file: nowhere}}\n";
    std::ofstream(directory.path() + "/body") << "hello";
    CHECK(load_modules(directory.path() + "/modules.yaml").error().message ==
          directory.path() + "/modules.yaml:2: \"modules.m.http.bearer_token_file\" cannot be read: No such file or directory");
    std::ofstream(directory.path() + "/nowhere") << "a-token\n";
    const auto read = load_modules(directory.path() + "/modules.yaml");
    REQUIRE(read);
    CHECK((*read)->by_name.at("m")->spec["body"] == "hello");
    CHECK(load_modules(directory.path() + "/none").error().message == directory.path() + "/none: cannot be read: No such file or directory");
}

TEST_CASE("every mistake in a file is told, in the order of its lines") {
    CHECK(mistakes("modules:\n  a:\n    prober: http\n    http:\n      fail_if_ssl: perhaps\n      metod: GET\n  b:\n    prober: icmp\n    icmp: {ttl: 5}\n") ==
          "file:5: \"modules.a.http.fail_if_ssl\" must be true or false\n"
          "file:6: \"modules.a.http.metod\" is not a known key\n"
          "file:9: \"modules.b.icmp.ttl\" is not possible here: packets have the system's TTL");
}

TEST_CASE("a module that asks for nothing is the usual check, without what blackbox_exporter does not ask") {
    const auto http = std::get<check::HttpSpec>(*sample_spec(*module_of("prober: http")));
    CHECK(http.method == "GET");
    CHECK(http.accept_status.text() == "200-299");
    CHECK(http.follow_redirects);
    CHECK(http.certificate_warn_days.days.empty());
    CHECK_FALSE(http.connection.compression);
    CHECK(http.max_body_bytes == 10 << 20);
    CHECK(std::get<check::TcpSpec>(*sample_spec(*module_of("prober: tcp"))).dialogue.empty());
    CHECK(std::get<check::PingSpec>(*sample_spec(*module_of("prober: icmp\n    icmp:\n"))).packets == 1);
    CHECK(module_of("prober: icmp")->preference.ipv6);
    CHECK(module_of("prober: icmp")->preference.falls_back);
}

TEST_CASE("what an http module asks becomes a spec of ours") {
    const auto read = module_of(R"(prober: http
    timeout: 1m30s
    http:
      valid_status_codes: [200, 201, 202, 404]
      valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]
      method: POST
      body: '{}'
      headers: {Content-Type: application/json, Host: vhost.test}
      body_size_limit: 512KB
      no_follow_redirects: true
      fail_if_not_ssl: true
      fail_if_body_matches_regexp: [error]
      fail_if_body_not_matches_regexp: ["^ok"]
      fail_if_header_matches: [{header: Set-Cookie, regexp: '.*', allow_missing: true}]
      fail_if_header_not_matches: [{header: Server, regexp: nginx}]
      enable_http2: false
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      tls_config: {server_name: other.test, min_version: TLS13, max_version: TLS13})");
    const auto spec = std::get<check::HttpSpec>(*sample_spec(*read));
    CHECK(read->timeout == milliseconds{90'000});
    CHECK(spec.accept_status.text() == "200-202,404");
    CHECK(spec.method == "POST");
    CHECK(spec.body == "{}");
    CHECK(spec.headers.size() == 2);
    CHECK(spec.max_body_bytes == 512 << 10);
    CHECK_FALSE(spec.follow_redirects);
    REQUIRE(spec.assertions.size() == 4);
    CHECK(check::label(spec.assertions[0]) + ' ' + check::expectation(spec.assertions[0]) == "body not matching \"error\"");
    CHECK(spec.assertions[1].comparison == check::Comparison::matches);
    CHECK(spec.assertions[2].comparison == check::Comparison::not_matches);
    CHECK(spec.assertions[3].of == "Server");
    CHECK(spec.connection.version == check::HttpVersion::http_1_1);
    CHECK(spec.connection.tls_server_name == "other.test");
    CHECK(spec.connection.tls_min_version == check::TlsVersion::tls_1_3);
    CHECK(read->http.fail_if_no_tls);
    CHECK(read->http.fail_if_cut_off);
    CHECK(read->http.versions == std::vector<std::string>{"HTTP/1.1", "HTTP/2.0"});
    CHECK(read->http.optional_headers == std::vector<std::size_t>{2});
    CHECK_FALSE(read->preference.ipv6);
    CHECK_FALSE(read->preference.falls_back);
}

TEST_CASE("credentials come from the module or from files, one way at a time, and are hidden") {
    CHECK(spec_of("http", "{basic_auth: {username: u, password_file: secret}}")["auth"] == Json{{"type", "basic"}, {"username", "u"}, {"password", "of the file"}});
    CHECK(spec_of("http", "{bearer_token_file: secret2}")["auth"] == Json{{"type", "bearer"}, {"token", "token-of-file"}});
    CHECK(spec_of("http", "{authorization: {credentials: abcdef}}")["auth"]["token"] == "abcdef");
    CHECK(spec_of("http", "{authorization: {type: Api, credentials: abcdef}}")["headers"]["Authorization"] == "Api abcdef");
    const auto oauth = spec_of("http", "{oauth2: {client_id: c, client_secret: s, token_url: 'https://t.test/', scopes: [a, b], endpoint_params: {audience: x}}}")["auth"];
    CHECK(oauth["scope"] == "a b");
    CHECK(oauth["audience"] == "x");
    CHECK(http("basic_auth: {username: u, password: p, password_file: secret}") == "file:5: \"modules.m.http.basic_auth.password_file\" cannot go with password");
    CHECK(in_section("http", "      bearer_token: abc\n      basic_auth: {username: u, password: p}\n") ==
          "file:5: \"modules.m.http.bearer_token\" is a second way to authenticate");
    CHECK(http("bearer_token_file: nowhere") == "file:5: \"modules.m.http.bearer_token_file\" cannot be read: there is none");
    CHECK(http("oauth2: {client_id: c, client_secret: s, token_url: 'https://t.test/', tls_config: {}}").find("oauth2.tls_config\" is not possible here") !=
          std::string::npos);
    const auto shown = json::dump(describe(*module_of("prober: http\n    http: {headers: {X-Api-Key: hush-hush, Accept: text/html}, bearer_token: the-token}")));
    CHECK(shown.find("hush-hush") == std::string::npos);
    CHECK(shown.find("the-token") == std::string::npos);
    CHECK(shown.find("text/html") != std::string::npos);
    CHECK(module_of("prober: http\n    http: {headers: {X-Api-Key: hush-hush, Accept: text/html}}")->secrets.size() == 1);
}

TEST_CASE("what cannot be honoured of the section http is refused by name and line") {
    const auto refused = [](const char* line, const char* key) {
        const auto told = http(line);
        CHECK_MESSAGE(told.starts_with(std::string("file:5: \"modules.m.http.") + key + "\" "), told);
    };
    refused("fail_if_body_json_matches_cel: 'body.x == 1'", "fail_if_body_json_matches_cel");
    refused("fail_if_body_json_not_matches_cel: 'body.x == 1'", "fail_if_body_json_not_matches_cel");
    refused("enable_http3: true", "enable_http3");
    refused("proxy_from_environment: true", "proxy_from_environment");
    refused("no_proxy: a.test", "no_proxy");
    refused("proxy_connect_header: {A: [b]}", "proxy_connect_header");
    refused("http_headers: {A: {values: [b]}}", "http_headers");
    refused("proxy_url: http://proxy.test:3128", "proxy_url");
    refused("proxy_url: http://u:p@proxy.test:3128", "proxy_url");
    refused("body_size_limit: 11MB", "body_size_limit");
    refused("body_size_limit: 10", "body_size_limit");
    refused("compression: zstd", "compression");
    refused("valid_status_codes: [99]", "valid_status_codes[0]");
    refused("valid_http_versions: [HTTP/3.0]", "valid_http_versions[0]");
    refused("method: get", "method");
    refused("headers: {Content-Length: '5'}", "headers.Content-Length");
    refused("fail_if_body_matches_regexp: ['(']", "fail_if_body_matches_regexp[0]");
    refused("fail_if_header_matches: [{header: A}]", "fail_if_header_matches[0].regexp");
    refused("preferred_ip_protocol: ip5", "preferred_ip_protocol");
    refused("tls_config: {max_version: TLS12}", "tls_config.max_version");
    refused("tls_config: {min_version: TLS9}", "tls_config.min_version");
    refused("tls_config: {ca: rubbish}", "tls_config.ca");
    refused("tls_config: {cert_file: secret}", "tls_config.cert_file");
    CHECK(in_section("http", "      follow_redirects: true\n      no_follow_redirects: true\n") ==
          "file:6: \"modules.m.http.no_follow_redirects\" says the opposite of follow_redirects");
    CHECK(http("proxy_from_environment: false") == "none");
    CHECK(in_section("http", "      proxy_url: http://proxy.test:3128\n      skip_resolve_phase_with_proxy: true\n") == "none");
}

TEST_CASE("a compression is asked for, and the answer must have it") {
    const auto read = module_of("prober: http\n    http: {compression: gzip}");
    CHECK(read->spec["headers"]["Accept-Encoding"] == "gzip");
    CHECK(read->spec["compression"] == true);
    CHECK(read->http.content_encoding == "gzip");
    CHECK(spec_of("http", "{compression: gzip, headers: {accept-encoding: 'br, gzip'}}")["headers"].size() == 1);
    CHECK(module_of("prober: http\n    http: {compression: identity}")->http.content_encoding.empty());
}

TEST_CASE("queries and responses become a dialogue line by line") {
    CHECK(spec_of("tcp", R"({query_response: [{expect: "^220"}, {send: "QUIT\r"}, {expect: a, send: b, starttls: true}]})")["dialogue"] ==
          Json::parse(R"([{"expect_line":"^220"},{"send":"QUIT\r\n"},{"expect_line":"a"},{"send":"b\n"},{"starttls":true}])"));
    CHECK(spec_of("tcp", "{tls: true, tls_config: {insecure_skip_verify: true, server_name: a.test}}")["tls"] ==
          Json::parse(R"({"verify":false,"server_name":"a.test"})"));
    CHECK(spec_of("tcp", "{query_response: [{starttls: true}], tls_config: {min_version: TLS12}}")["tls"] == Json::parse(R"({"min_version":"1.2"})"));
    CHECK(tcp("query_response: [{expect: '(a)', send: '${1}'}]").starts_with("file:5: \"modules.m.tcp.query_response[0].send\" is not possible here: "));
    CHECK(tcp("query_response: [{send: 'costs $5'}]") == "none");
    CHECK(tcp("query_response: [{expect: a, labels: [{name: a, value: b}]}]").find("labels\" is not possible here") != std::string::npos);
    CHECK(tcp("query_response: [{expect: '('}]").starts_with("file:5: \"modules.m.tcp.query_response[0]\" is not a regular expression"));
    CHECK(tcp("source_ip_address: 127.0.0.1").find("the system chooses") != std::string::npos);
    CHECK(tcp("tls_config: {}").find("is of no use without tls") != std::string::npos);
    CHECK(in_section("tcp", "      tls: true\n      tls_config: {cert_file: a, key_file: b}\n").find("client certificates go with the prober http only") != std::string::npos);
    CHECK(in_section("tcp", "      tls: true\n      query_response: [{starttls: true}]\n").find("\"modules.m.tcp.tls\" cannot go with a step") != std::string::npos);
}

TEST_CASE("a grpc module asks for the health of a service, by TLS or in clear") {
    const auto grpc = [](const std::string& line) { return in_section("grpc", "      " + line + "\n"); };
    const auto usual = std::get<check::GrpcSpec>(*sample_spec(*module_of("prober: grpc")));
    CHECK(usual.service.empty());
    CHECK_FALSE(usual.tls.has_value());
    const auto read = module_of(R"(prober: grpc
    grpc:
      service: shop.Cart
      tls: true
      tls_config: {insecure_skip_verify: true, server_name: a.test, min_version: TLS13}
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false)");
    const auto spec = std::get<check::GrpcSpec>(*sample_spec(*read));
    CHECK(spec.service == "shop.Cart");
    REQUIRE(spec.tls);
    CHECK_FALSE(spec.tls->verify);
    CHECK(spec.tls->server_name == "a.test");
    CHECK(spec.tls->min_version == check::TlsVersion::tls_1_3);
    CHECK_FALSE(read->preference.ipv6);
    CHECK_FALSE(read->preference.falls_back);
    CHECK(grpc("tls_config: {}") == "file:5: \"modules.m.grpc.tls_config\" is of no use without tls");
    CHECK(in_section("grpc", "      tls: true\n      tls_config: {cert_file: a, key_file: b}\n").find("client certificates go with the prober http only") != std::string::npos);
    CHECK(grpc("service: " + std::string(201, 'a')).starts_with("file:5: \"modules.m.grpc.service\" must be a string of"));
    CHECK(grpc("metadata: {a: [b]}") == "file:5: \"modules.m.grpc.metadata\" is not a known key");
}

TEST_CASE("a dns module asks one question, and its demands are its own") {
    const auto read = module_of(R"(prober: dns
    dns:
      query_name: www.example.com
      query_type: SOA
      transport_protocol: tcp
      recursion_desired: false
      valid_rcodes: [NOERROR, NXDOMAIN]
      validate_answer_rrs: {fail_if_matches_regexp: [a], fail_if_not_matches_regexp: [b], fail_if_none_matches_regexp: [c, d]})");
    const auto spec = std::get<check::DnsSpec>(*sample_spec(*read));
    CHECK(spec.transport == check::DnsTransport::tcp);
    CHECK_FALSE(spec.recursion);
    CHECK(read->dns.rcodes.size() == 2);
    CHECK(read->dns.answers.none_matches.size() == 1);
    CHECK(read->dns.answers.all_match.size() == 1);
    CHECK(read->dns.answers.one_of.size() == 2);
    CHECK(in_section("dns", "      query_name: a.test\n").starts_with("file:4: \"modules.m.dns.query_type\" is required: ANY"));
    CHECK(in_section("dns", "      query_type: A\n") == "file:4: \"modules.m.dns.query_name\" is required");
    CHECK(in_section("dns", "      query_name: a.test\n      query_type: ANY\n").starts_with("file:6: \"modules.m.dns.query_type\" must be one of"));
    for (const auto* line : {"query_class: CH", "dns_over_tls: true", "tls_config: {}", "source_ip_address: 127.0.0.1", "validate_authority_rrs: {}", "validate_additional_rrs: {}",
                             "validate_answer_rrs: {fail_if_all_match_regexp: [a]}"}) {
        CHECK_MESSAGE(dns(line).find(" is not possible here: ") != std::string::npos, line);
    }
    CHECK(dns("valid_rcodes: [MAYBE]").starts_with("file:7: \"modules.m.dns.valid_rcodes[0]\" must be one of NOERROR"));
    CHECK(dns("query_class: IN") == "none");
}

TEST_CASE("of a ping only the size of the payload can be chosen") {
    CHECK(spec_of("icmp", "{payload_size: 1000, ttl: 64, dont_fragment: false}")["payload_bytes"] == 1000);
    CHECK(icmp("payload_size: 2000") == "file:5: \"modules.m.icmp.payload_size\" must be a whole number from 8 to 1452");
    CHECK(icmp("dont_fragment: true").find("is not possible here") != std::string::npos);
    CHECK(icmp("source_ip_address: 127.0.0.1").find("is not possible here") != std::string::npos);
}

}  // namespace blackbox_modules_test
