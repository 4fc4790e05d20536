// Metrics of probes in the text format of Prometheus.
#include "probe-agent/blackbox/exposition.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "probe-agent/blackbox/verdict.h"
#include "tests/unit/agent/blackbox_outcome.h"

namespace blackbox_exposition_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::agent::blackbox;

namespace {

// Without the comments.
std::string samples(const Outcome& outcome) {
    const auto text = write_metrics(outcome, judge(outcome));
    std::string lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at) + 1;
        if (text[at] != '#') lines += text.substr(at, end - at);
        at = end;
    }
    return lines;
}

bool has(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

check::HttpFacts answer() {
    check::HttpFacts facts;
    facts.version = "1.1";
    facts.status = 200;
    facts.redirects = 1;
    facts.headers = {{"Content-Length", "5"}, {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    facts.body = "hello";
    facts.body_bytes = 5;
    return facts;
}

check::TlsFacts certificate() {
    check::TlsFacts tls;
    tls.protocol = "TLSv1.3";
    tls.cipher = "TLS_AES_128_GCM_SHA256";
    tls.certificate.subject = "CN=a.test,O=\"A\\\nB";
    tls.certificate.issuer = "CN=ca";
    tls.certificate.names = {"DNS:a.test", "IP:192.0.2.7", "DNS:b.test"};
    tls.certificate.serial = "01ab";
    tls.certificate.fingerprint = "f00d";
    tls.certificate.not_after = from_unix_ms(1'800'000'000'000);
    tls.issuers.emplace_back().not_after = from_unix_ms(1'790'000'000'000);
    return tls;
}

}  // namespace

TEST_CASE("an answer by HTTP has all that is known of it") {
    auto outcome = outcome_of("prober: http", "http://a.test/");
    outcome.seen.facts<check::HttpFacts>() = answer();
    outcome.seen.address = "192.0.2.7:80";
    outcome.seen.phases.connect = microseconds{1000};
    outcome.seen.phases.first_byte = microseconds{3000};
    outcome.seen.phases.transfer = microseconds{500};
    CHECK(samples(outcome) ==
          "probe_success 1\n"
          "probe_duration_seconds 1\n"
          "probe_dns_lookup_time_seconds 0.002\n"
          "probe_ip_protocol 4\n" +
              fmt::format("probe_ip_addr_hash {}\n", static_cast<double>(hash_of(*net::Address::parse("192.0.2.7")))) +
              "probe_http_status_code 200\n"
              "probe_http_version 1.1\n"
              "probe_http_ssl 0\n"
              "probe_http_redirects 1\n"
              "probe_http_content_length 5\n"
              "probe_http_uncompressed_body_length 5\n"
              "probe_http_last_modified_timestamp_seconds 784111777\n"
              "probe_http_duration_seconds{phase=\"resolve\"} 0.002\n"
              "probe_http_duration_seconds{phase=\"connect\"} 0.001\n"
              "probe_http_duration_seconds{phase=\"tls\"} 0\n"
              "probe_http_duration_seconds{phase=\"processing\"} 0.003\n"
              "probe_http_duration_seconds{phase=\"transfer\"} 0.0005\n"
              "probe_failed_due_to_regex 0\n");
}

TEST_CASE("every family says once what it is, and comes in one piece") {
    auto outcome = outcome_of("prober: http", "https://a.test/");
    outcome.seen.facts<check::HttpFacts>() = answer();
    outcome.seen.address = "192.0.2.7:443";
    const auto text = write_metrics(outcome, judge(outcome));
    const std::string head = "# HELP probe_http_duration_seconds Time of each phase of the last request.\n# TYPE probe_http_duration_seconds gauge\n";
    const auto at = text.find(head);
    REQUIRE(at != std::string::npos);
    CHECK(text.find("# TYPE probe_http_duration_seconds", at + head.size()) == std::string::npos);
    CHECK(text.ends_with("\n"));
}

TEST_CASE("the hash of an address is the one that blackbox_exporter has") {
    CHECK(hash_of(*net::Address::parse("127.0.0.1")) == 3668918509U);
}

TEST_CASE("without an answer there are zeros where blackbox_exporter has them, and nothing else") {
    auto outcome = outcome_of("prober: http", "http://a.test/");
    outcome.seen.failure = {check::FailureClass::dns_nxdomain, "there is no a.test", check::Phase::resolve};
    outcome.target = nullptr;
    outcome.address.reset();
    const auto text = samples(outcome);
    for (const auto* line : {"probe_success 0", "probe_ip_protocol 0", "probe_ip_addr_hash 0", "probe_http_status_code 0", "probe_http_content_length 0",
                             "probe_http_version 0", "probe_http_duration_seconds{phase=\"resolve\"} 0.002"}) {
        CHECK_MESSAGE(has(text, line), line);
    }
    CHECK(text.find("phase=\"connect\"") == std::string::npos);
    CHECK(text.find("last_modified") == std::string::npos);
    CHECK(text.find("probe_ssl") == std::string::npos);
}

TEST_CASE("a certificate is told by its end and its names; the chain's end only if the chain is trusted") {
    auto outcome = outcome_of("prober: tcp\n    tcp: {tls: true}", "a.test:443");
    outcome.seen.facts<check::TcpFacts>().conversations.emplace_back().address = "192.0.2.7:443";
    outcome.seen.tls = certificate();
    auto text = samples(outcome);
    CHECK(has(text, "probe_ssl_earliest_cert_expiry 1790000000"));
    CHECK(has(text, R"(probe_ssl_last_chain_info{fingerprint_sha256="f00d",subject="CN=a.test,O=\"A\\\nB",issuer="CN=ca",subjectalternative="a.test,b.test",serialnumber="01ab"} 1)"));
    CHECK(has(text, "probe_tls_version_info{version=\"TLS 1.3\"} 1"));
    CHECK(has(text, "probe_tls_cipher_info{cipher=\"TLS_AES_128_GCM_SHA256\"} 1"));
    CHECK(text.find("probe_ssl_last_chain_expiry_timestamp_seconds") == std::string::npos);
    outcome.seen.tls->trusted_until = from_unix_ms(1'795'000'000'000);
    outcome.seen.tls->protocol = "TLSv1";
    outcome.seen.tls->cipher = "ECDHE-RSA-AES128-SHA";
    text = samples(outcome);
    CHECK(has(text, "probe_ssl_last_chain_expiry_timestamp_seconds 1795000000"));
    CHECK(has(text, "probe_tls_version_info{version=\"TLS 1.0\"} 1"));
    CHECK(text.find("probe_tls_cipher_info") == std::string::npos);
}

TEST_CASE("a DNS answer is counted by section, and a SOA has its serial number") {
    auto outcome = outcome_of("prober: dns\n    dns: {query_name: a.test, query_type: SOA}", "192.0.2.7");
    auto& facts = outcome.seen.facts<check::DnsFacts>();
    facts.question = "a.test";
    facts.records = {{"a.test", check::code_of(check::DnsType::soa), 300, "ns.a.test hostmaster.a.test 2026112501 3600 600 86400 60"}};
    facts.authority_records = 2;
    facts.additional_records = 3;
    outcome.seen.phases.resolve = microseconds{4000};
    const auto text = samples(outcome);
    for (const auto* line : {"probe_success 1", "probe_dns_query_succeeded 1", "probe_dns_answer_rrs 1", "probe_dns_authority_rrs 2", "probe_dns_additional_rrs 3",
                             "probe_dns_serial 2026112501", "probe_dns_duration_seconds{phase=\"request\"} 0.004"}) {
        CHECK_MESSAGE(has(text, line), line);
    }
    outcome.seen = {};
    outcome.seen.failure = {check::FailureClass::dns_timeout, "no answer", check::Phase::resolve};
    CHECK(has(samples(outcome), "probe_dns_query_succeeded 0"));
    CHECK(has(samples(outcome), "probe_dns_answer_rrs 0"));
}

TEST_CASE("a ping has its round trip if there was one") {
    auto outcome = outcome_of("prober: icmp", "a.test");
    auto& facts = outcome.seen.facts<check::PingFacts>();
    facts.sent = 1;
    CHECK(samples(outcome).find("phase=\"rtt\"") == std::string::npos);
    CHECK(has(samples(outcome), "probe_success 0"));
    facts.received = 1;
    facts.rtt_avg = microseconds{1500};
    CHECK(samples(outcome).find("hop_limit") == std::string::npos);
    facts.reply_ttl = 57;
    CHECK(has(samples(outcome), "probe_icmp_reply_hop_limit 57"));
    CHECK(has(samples(outcome), "probe_icmp_duration_seconds{phase=\"rtt\"} 0.0015"));
    CHECK(has(samples(outcome), "probe_success 1"));
}

TEST_CASE("a call of gRPC has its status as its client sees it, and the health that was answered") {
    auto outcome = outcome_of("prober: grpc", "a.test:1");
    auto& facts = outcome.seen.facts<check::GrpcFacts>();
    facts.http_status = 200;
    facts.grpc_status = 0;
    facts.serving = 2;
    outcome.seen.phases.total = microseconds{5000};
    auto text = samples(outcome);
    for (const auto* line : {"probe_success 0", "probe_grpc_ssl 0", "probe_grpc_status_code 0", "probe_grpc_duration_seconds{phase=\"resolve\"} 0.002",
                             "probe_grpc_duration_seconds{phase=\"check\"} 0.005", "probe_grpc_healthcheck_response{serving_status=\"NOT_SERVING\"} 1",
                             "probe_grpc_healthcheck_response{serving_status=\"SERVING\"} 0", "probe_grpc_healthcheck_response{serving_status=\"UNKNOWN\"} 0",
                             "probe_grpc_healthcheck_response{serving_status=\"SERVICE_UNKNOWN\"} 0"}) {
        CHECK_MESSAGE(has(text, line), line);
    }
    facts.serving = check::kServing;
    outcome.seen.tls.emplace();
    CHECK(has(samples(outcome), "probe_success 1"));
    CHECK(has(samples(outcome), "probe_grpc_ssl 1"));
    facts.serving.reset();
    facts.grpc_status = 5;
    text = samples(outcome);
    CHECK(has(text, "probe_grpc_status_code 5"));
    CHECK(has(text, "probe_grpc_healthcheck_response{serving_status=\"SERVING\"} 0"));
    facts.grpc_status.reset();
    for (const auto& [http, grpc] : {std::pair{400, 13}, {401, 16}, {403, 7}, {404, 12}, {503, 14}, {418, 2}, {200, 13}}) {
        facts.http_status = http;
        CHECK_MESSAGE(has(samples(outcome), fmt::format("probe_grpc_status_code {}", grpc)), http);
    }
    outcome.seen = {};
    outcome.seen.failure = {check::FailureClass::connect_refused, "refused", check::Phase::connect};
    CHECK(has(samples(outcome), "probe_grpc_status_code 14"));
    outcome.seen.failure.cause = check::FailureClass::timeout_total;
    CHECK(has(samples(outcome), "probe_grpc_status_code 4"));
    outcome.address.reset();
    CHECK(has(samples(outcome), "probe_grpc_status_code 0"));
    CHECK(samples(outcome).find("phase=\"check\"") == std::string::npos);
}

TEST_CASE("of what a proxy looks up nothing is said") {
    const auto outcome = [] {
        Outcome made;
        made.module = module_of("prober: http\n    http: {proxy_url: 'http://p.test:1', skip_resolve_phase_with_proxy: true}");
        made.seen.failure = {check::FailureClass::connect_refused, "refused", check::Phase::connect};
        return made;
    }();
    CHECK(samples(outcome).find("probe_ip_protocol") == std::string::npos);
    CHECK(samples(outcome).find("probe_dns_lookup_time_seconds") == std::string::npos);
}

}  // namespace blackbox_exposition_test
