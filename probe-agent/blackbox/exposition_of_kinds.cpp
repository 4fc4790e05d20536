// The metrics that come from one kind's facts.
#include <strings.h>
#include <time.h>

#include <algorithm>
#include <charconv>

#include "lib/check/dns/record.h"
#include "probe-agent/blackbox/exposition.h"

namespace sonde::agent::blackbox {
namespace {

double unix_seconds(TimePoint instant) { return std::chrono::duration<double>(instant.time_since_epoch()).count(); }

const std::string* find_header(const check::HttpFacts& facts, const char* wanted) {
    for (const auto& [name, value] : facts.headers) {
        if (strcasecmp(name.c_str(), wanted) == 0) return &value;
    }
    return nullptr;
}

// -1 if the answer does not say.
double content_length(const check::HttpFacts& facts) {
    const auto* text = find_header(facts, "content-length");
    if (text == nullptr) return -1;
    std::int64_t length = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    return error == std::errc{} && end == text->data() + text->size() && length >= 0 ? static_cast<double>(length) : -1;
}

double version_of(const check::HttpFacts& facts) {
    double version = 0;
    std::from_chars(facts.version.data(), facts.version.data() + facts.version.size(), version);
    return version;
}

// IMF-fixdate (RFC 9110, section 5.6.7), which is what servers send.
std::optional<double> date_in(const std::string& text) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return static_cast<double>(::timegm(&parts));
}

// `TLSv1.3` as `TLS 1.3`.
std::string version_name(const std::string& protocol) {
    if (!protocol.starts_with("TLSv")) return protocol;
    const auto number = protocol.substr(4);
    return "TLS " + (number == "1" ? "1.0" : number);
}

// What a client of gRPC makes of it: the status it was told, else one of its own.
int grpc_status_of(const check::Observation& seen) {
    constexpr int unknown = 2, deadline_exceeded = 4, permission_denied = 7, unimplemented = 12, internal = 13, unavailable = 14, unauthenticated = 16;
    const auto* facts = seen.find<check::GrpcFacts>();
    if (facts == nullptr || seen.failure) return seen.failure.cause == check::FailureClass::timeout_total ? deadline_exceeded : unavailable;
    if (facts->grpc_status) return *facts->grpc_status;
    switch (facts->http_status) {  // "HTTP to gRPC Status Code Mapping" of gRPC's documentation
        case 200: return internal;  // trailers without a status
        case 400: return internal;
        case 401: return unauthenticated;
        case 403: return permission_denied;
        case 404: return unimplemented;
        case 429:
        case 502:
        case 503:
        case 504: return unavailable;
        default: return unknown;
    }
}

std::string dns_names(const check::CertificateFacts& certificate) {
    constexpr std::string_view mark = "DNS:";
    std::string list;
    for (const auto& name : certificate.names) {
        if (name.starts_with(mark)) list += (list.empty() ? "" : ",") + name.substr(mark.size());
    }
    return list;
}

}  // namespace

void add_http(const Outcome& outcome, Gauges& gauges) {
    static const check::HttpFacts nothing;
    const auto* seen = outcome.seen.find<check::HttpFacts>();
    const auto& facts = seen == nullptr ? nothing : *seen;
    const bool answered = facts.status != 0;
    gauges.add("probe_http_status_code", "HTTP status of the last answer, 0 if there was none.", facts.status);
    gauges.add("probe_http_version", "HTTP version of the last answer.", version_of(facts));
    gauges.add("probe_http_ssl", "Whether TLS was used for the last request.", outcome.seen.tls ? 1 : 0);
    gauges.add("probe_http_redirects", "How many redirects were followed.", facts.redirects);
    gauges.add("probe_http_content_length", "Length of the content as the answer says, -1 if it does not.", answered ? content_length(facts) : 0);
    gauges.add("probe_http_uncompressed_body_length", "Bytes of the body, decoded.", static_cast<double>(facts.body_bytes));
    if (const auto* modified = find_header(facts, "last-modified")) {
        if (const auto date = date_in(*modified))
            gauges.add("probe_http_last_modified_timestamp_seconds", "Last-Modified of the last answer, in seconds since 1970.", *date);
    }
    constexpr std::string_view name = "probe_http_duration_seconds";
    constexpr std::string_view help = "Time of each phase of the last request.";
    const auto& phases = outcome.seen.phases;
    gauges.add(name, help, in_seconds(outcome.lookup + phases.resolve), {{"phase", "resolve"}});
    if (!outcome.address && outcome.seen.address.empty()) return;
    gauges.add(name, help, in_seconds(phases.connect), {{"phase", "connect"}});
    gauges.add(name, help, in_seconds(phases.tls), {{"phase", "tls"}});
    gauges.add(name, help, in_seconds(phases.first_byte), {{"phase", "processing"}});
    gauges.add(name, help, in_seconds(phases.transfer), {{"phase", "transfer"}});
}

void add_dns(const Outcome& outcome, Gauges& gauges) {
    constexpr std::string_view name = "probe_dns_duration_seconds";
    constexpr std::string_view help = "Time of each phase of the query.";
    gauges.add(name, help, in_seconds(outcome.lookup), {{"phase", "resolve"}});
    if (outcome.address) gauges.add(name, help, in_seconds(outcome.seen.phases.resolve), {{"phase", "request"}});
    const auto* facts = outcome.seen.find<check::DnsFacts>();
    const bool answered = facts != nullptr && !outcome.seen.failure;
    gauges.add("probe_dns_query_succeeded", "Whether there was an answer.", answered ? 1 : 0);
    gauges.add("probe_dns_answer_rrs", "Records of the answer.", answered ? static_cast<double>(facts->records.size()) : 0);
    gauges.add("probe_dns_authority_rrs", "Records of the section of authority.", answered ? facts->authority_records : 0);
    gauges.add("probe_dns_additional_rrs", "Records of the additional section.", answered ? facts->additional_records : 0);
    if (!answered || outcome.module->spec.value("type", "") != "SOA") return;
    for (const auto& record : facts->records) {
        if (record.type != check::code_of(check::DnsType::soa)) continue;
        const auto begin = record.data.find(' ', record.data.find(' ') + 1) + 1;
        std::uint32_t serial = 0;
        std::from_chars(record.data.data() + begin, record.data.data() + record.data.size(), serial);
        return gauges.add("probe_dns_serial", "Serial number of the zone.", serial);
    }
}

void add_icmp(const Outcome& outcome, Gauges& gauges) {
    constexpr std::string_view name = "probe_icmp_duration_seconds";
    constexpr std::string_view help = "Time of each phase of the ping.";
    gauges.add(name, help, in_seconds(outcome.lookup), {{"phase", "resolve"}});
    const auto* facts = outcome.seen.find<check::PingFacts>();
    if (facts == nullptr || facts->received == 0) return;
    gauges.add(name, help, in_seconds(facts->rtt_avg), {{"phase", "rtt"}});
    if (facts->reply_ttl > 0) gauges.add("probe_icmp_reply_hop_limit", "Hops that the answer had left.", facts->reply_ttl);
}

void add_grpc(const Outcome& outcome, Gauges& gauges) {
    constexpr std::string_view name = "probe_grpc_duration_seconds";
    constexpr std::string_view help = "Time of each phase of the call.";
    gauges.add(name, help, in_seconds(outcome.lookup), {{"phase", "resolve"}});
    if (outcome.address) gauges.add(name, help, in_seconds(outcome.seen.phases.total), {{"phase", "check"}});
    gauges.add("probe_grpc_ssl", "Whether TLS was used.", outcome.seen.tls ? 1 : 0);
    gauges.add("probe_grpc_status_code", "Status of the call, as its client sees it; 0 too if no address was found.", outcome.address ? grpc_status_of(outcome.seen) : 0);
    if (!outcome.address) return;
    const auto* facts = outcome.seen.find<check::GrpcFacts>();
    const bool told = facts != nullptr && facts->grpc_status == 0 && facts->serving.has_value();
    for (const int serving : {0, 1, 2, 3}) {  // all that have a name
        gauges.add("probe_grpc_healthcheck_response", "Which health was answered.", told && *facts->serving == serving ? 1 : 0,
                   {{"serving_status", check::serving_text(serving)}});
    }
}

void add_tls(const check::TlsFacts& tls, Gauges& gauges) {
    auto earliest = tls.certificate.not_after;
    for (const auto& issuer : tls.issuers) earliest = std::min(earliest, issuer.not_after);
    gauges.add("probe_ssl_earliest_cert_expiry", "When the first of the certificates received ends, in seconds since 1970.", unix_seconds(earliest));
    if (tls.trusted_until) {
        gauges.add("probe_ssl_last_chain_expiry_timestamp_seconds", "When the first certificate of the trusted chain ends, in seconds since 1970.",
                   unix_seconds(*tls.trusted_until));
    }
    const auto& leaf = tls.certificate;
    gauges.add("probe_ssl_last_chain_info", "The server's certificate.", 1,
               {{"fingerprint_sha256", leaf.fingerprint}, {"subject", leaf.subject}, {"issuer", leaf.issuer}, {"subjectalternative", dns_names(leaf)},
                {"serialnumber", leaf.serial}});
    gauges.add("probe_tls_version_info", "The version of TLS.", 1, {{"version", version_name(tls.protocol)}});
    // Other names of cipher suites than those of TLS 1.3 are OpenSSL's own.
    if (tls.cipher.starts_with("TLS_")) gauges.add("probe_tls_cipher_info", "The cipher suite.", 1, {{"cipher", tls.cipher}});
}

}  // namespace sonde::agent::blackbox
