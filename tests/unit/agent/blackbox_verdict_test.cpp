// What outcomes mean under modules.
#include "probe-agent/blackbox/verdict.h"

#include <doctest/doctest.h>

#include "probe-agent/blackbox/record_text.h"
#include "tests/unit/agent/blackbox_outcome.h"

namespace blackbox_verdict_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::agent::blackbox;
using check::Verdict;

namespace {

struct Seen {
    int status = 200;
    std::string version = "1.1";
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body = "hello";
    bool tls = false;
    bool truncated = false;
};

Outcome http(const std::string& section, const Seen& seen) {
    auto outcome = outcome_of("prober: http\n    http: " + section, "https://a.test/");
    auto& facts = outcome.seen.facts<check::HttpFacts>();
    facts.status = seen.status;
    facts.version = seen.version;
    facts.headers = seen.headers;
    facts.body = seen.body;
    facts.body_bytes = static_cast<std::int64_t>(seen.body.size());
    facts.body_truncated = seen.truncated;
    if (seen.tls) outcome.seen.tls.emplace();
    return outcome;
}

Verdict verdict(const std::string& section, const Seen& seen) { return judge(http(section, seen)).verdict; }

bool by_pattern(const std::string& section, const Seen& seen) {
    const auto outcome = http(section, seen);
    return is_failed_by_pattern(*outcome.module, judge(outcome));
}

const check::DnsRecord kFirst{"a.test", 1, 300, "127.0.0.1"};
const check::DnsRecord kSecond{"a.test", 1, 300, "10.0.0.2"};

Verdict dns(const std::string& demands, const std::vector<check::DnsRecord>& records, int rcode = 0) {
    auto outcome = outcome_of("prober: dns\n    dns: {query_name: a.test, query_type: A, " + demands + "}", "192.0.2.7");
    auto& facts = outcome.seen.facts<check::DnsFacts>();
    facts.question = "a.test";
    facts.records = records;
    facts.rcode = rcode;
    return judge(outcome).verdict;
}

}  // namespace

TEST_CASE("what a module asks of TLS, version and encoding is asserted beside the status") {
    CHECK(verdict("{}", {}) == Verdict::up);
    CHECK(verdict("{}", {.status = 404}) == Verdict::down);
    CHECK(verdict("{valid_status_codes: [404]}", {.status = 404}) == Verdict::up);
    CHECK(verdict("{fail_if_ssl: true}", {.tls = true}) == Verdict::down);
    CHECK(verdict("{fail_if_ssl: true}", {}) == Verdict::up);
    CHECK(verdict("{fail_if_not_ssl: true}", {.tls = true}) == Verdict::up);
    CHECK(verdict("{fail_if_not_ssl: true}", {}) == Verdict::down);
    CHECK(verdict("{valid_http_versions: [HTTP/2.0]}", {.version = "2"}) == Verdict::up);
    CHECK(verdict("{valid_http_versions: [HTTP/1.1, HTTP/2.0]}", {.version = "1.0"}) == Verdict::down);
    CHECK(verdict("{compression: gzip}", {.headers = {{"content-encoding", "gzip"}}}) == Verdict::up);
    CHECK(verdict("{compression: gzip}", {}) == Verdict::down);
    CHECK(verdict("{body_size_limit: 5B}", {.truncated = true}) == Verdict::down);
    CHECK(verdict("{body_size_limit: 5B}", {}) == Verdict::up);
    CHECK(verdict("{}", {.truncated = true}) == Verdict::up);
    CHECK_FALSE(by_pattern("{fail_if_ssl: true}", {.tls = true}));
    CHECK_FALSE(by_pattern("{body_size_limit: 5B}", {.truncated = true}));
}

TEST_CASE("regular expressions fail for what they match or miss, and are told from other reasons") {
    CHECK(by_pattern("{fail_if_body_matches_regexp: [x, ell]}", {}));
    CHECK_FALSE(by_pattern("{fail_if_body_matches_regexp: [x]}", {}));
    CHECK(by_pattern("{fail_if_body_not_matches_regexp: [hello, x]}", {}));
    CHECK(verdict("{fail_if_body_not_matches_regexp: [hello]}", {}) == Verdict::up);
    CHECK_FALSE(by_pattern("{fail_if_body_not_matches_regexp: [hello]}", {.status = 500}));
    const Seen cookies{.headers = {{"Set-Cookie", "a=1"}, {"set-cookie", "b=2"}}};
    CHECK(by_pattern("{fail_if_header_matches: [{header: Set-Cookie, regexp: 'b='}]}", cookies));
    CHECK(by_pattern("{fail_if_header_not_matches: [{header: Set-Cookie, regexp: 'c='}]}", cookies));
    CHECK_FALSE(by_pattern("{fail_if_header_not_matches: [{header: Set-Cookie, regexp: 'a='}]}", cookies));
}

TEST_CASE("a header that is missing fails, unless it may be") {
    CHECK(verdict("{fail_if_header_matches: [{header: A, regexp: b}]}", {}) == Verdict::down);
    CHECK(verdict("{fail_if_header_not_matches: [{header: A, regexp: b}]}", {}) == Verdict::down);
    CHECK(verdict("{fail_if_header_matches: [{header: A, regexp: b, allow_missing: true}]}", {}) == Verdict::up);
    CHECK(verdict("{fail_if_header_not_matches: [{header: A, regexp: b, allow_missing: true}]}", {}) == Verdict::up);
    CHECK(verdict("{fail_if_header_not_matches: [{header: A, regexp: b, allow_missing: true}]}", {.headers = {{"a", "c"}}}) == Verdict::down);
    CHECK(verdict("{fail_if_header_not_matches: [{header: A, regexp: b, allow_missing: true}, {header: B, regexp: b}]}", {}) == Verdict::down);
}

TEST_CASE("what failed before an answer is the verdict, whatever else was asked") {
    auto outcome = http("{fail_if_not_ssl: true}", {});
    outcome.seen = {};
    outcome.seen.failure = {check::FailureClass::connect_refused, "refused", check::Phase::connect};
    const auto judgement = judge(outcome);
    CHECK(judgement.verdict == Verdict::down);
    CHECK(judgement.cause == check::FailureClass::connect_refused);
    CHECK(judgement.assertions.empty());
    outcome.seen.failure.cause = check::FailureClass::agent_error;
    outcome.target = nullptr;
    CHECK(judge(outcome).verdict == Verdict::unknown);
}

TEST_CASE("a DNS answer is judged by its code and its records, as blackbox_exporter does") {
    CHECK(dns("recursion_desired: true", {}) == Verdict::up);
    CHECK(dns("recursion_desired: true", {}, 3) == Verdict::down);
    CHECK(dns("valid_rcodes: [NXDOMAIN]", {}, 3) == Verdict::up);
    CHECK(dns("valid_rcodes: [NXDOMAIN]", {kFirst}) == Verdict::down);
    const auto records = [](const std::string& demand, const std::vector<check::DnsRecord>& seen) { return dns("validate_answer_rrs: {" + demand + "}", seen); };
    CHECK(records("fail_if_matches_regexp: ['127']", {kFirst, kSecond}) == Verdict::down);
    CHECK(records("fail_if_matches_regexp: ['127']", {kSecond}) == Verdict::up);
    CHECK(records("fail_if_not_matches_regexp: ['127']", {kFirst, kSecond}) == Verdict::down);
    CHECK(records("fail_if_not_matches_regexp: ['a.test', IN]", {kFirst, kSecond}) == Verdict::up);
    CHECK(records("fail_if_not_matches_regexp: ['127', '10']", {kFirst, kSecond}) == Verdict::down);
    CHECK(records("fail_if_not_matches_regexp: ['127']", {}) == Verdict::down);
    CHECK(records("fail_if_none_matches_regexp: [zzz, '127']", {kFirst, kSecond}) == Verdict::up);
    CHECK(records("fail_if_none_matches_regexp: [zzz]", {kFirst}) == Verdict::down);
    CHECK(records("fail_if_none_matches_regexp: [zzz]", {}) == Verdict::down);
}

TEST_CASE("records are written as blackbox_exporter's expressions see them") {
    using check::DnsType;
    const auto text = [](DnsType type, const char* data) { return record_text({"a.test", check::code_of(type), 60, data}); };
    CHECK(text(DnsType::a, "192.0.2.1") == "a.test.\t60\tIN\tA\t192.0.2.1");
    CHECK(text(DnsType::cname, "b.test") == "a.test.\t60\tIN\tCNAME\tb.test.");
    CHECK(text(DnsType::mx, "10 mail.test") == "a.test.\t60\tIN\tMX\t10 mail.test.");
    CHECK(text(DnsType::txt, "a \"b\"") == "a.test.\t60\tIN\tTXT\t\"a \\\"b\\\"\"");
    CHECK(text(DnsType::soa, "ns.test host.test 1 2 3 4 5") == "a.test.\t60\tIN\tSOA\tns.test. host.test. 1 2 3 4 5");
    CHECK(text(DnsType::srv, "1 2 5060 sip.test") == "a.test.\t60\tIN\tSRV\t1 2 5060 sip.test.");
    CHECK(text(DnsType::ns, ".") == "a.test.\t60\tIN\tNS\t.");
}

}  // namespace blackbox_verdict_test
