#include <doctest/doctest.h>

#include "lib/check/dns/judge.h"
#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace dns_test {

using namespace sonde;
using namespace sonde::check;
using test::problems;

namespace {

// The problems of a spec that is right but for these fields.
std::string with(const std::string& fields) { return problems(Kind::dns, "{\"name\":\"a.test\"," + fields + "}"); }

DnsSpec spec(const std::string& fields) { return std::get<DnsSpec>(test::read(Kind::dns, "{\"name\":\"a.test\"" + fields + "}")); }

DnsFacts answer(std::vector<DnsRecord> records) {
    DnsFacts facts;
    facts.question = "a.test";
    facts.records = std::move(records);
    return facts;
}

Judgement judged(const DnsSpec& spec, DnsFacts facts) {
    Observation seen;
    seen.seen = std::move(facts);
    return judge(Spec{spec}, seen, TimePoint{});
}

}  // namespace

TEST_CASE("a DNS spec of a name alone asks for an A record, and its canonical document is read back equal") {
    const auto* canonical =
        R"({"name":"a.test","type":"A","server":"","transport":"udp","recursion":true,"rcode":"NOERROR","answers":{},"min_ttl_s":0,)"
        R"("max_ttl_s":2147483647,"authoritative":false})";
    CHECK(json::dump(write_spec(Spec{spec("")})) == canonical);
    CHECK(json::dump(write_spec(test::read(Kind::dns, canonical))) == canonical);
    const auto* full =
        R"({"name":"A.test.","type":"MX","server":"[2001:db8::53]:5353","transport":"tcp","recursion":false,"rcode":"NOERROR",)"
        R"("answers":{"contains":["10 mx.test"],"matches":["^10 "]},"min_ttl_s":1,"max_ttl_s":60,"authoritative":true})";
    CHECK(json::dump(write_spec(test::read(Kind::dns, full))) == full);
}

TEST_CASE("each wrong field of a DNS spec is refused at its own pointer with the reason") {
    const std::string bad_name = "/spec/name: must be a name of labels of 1 to 63 ASCII characters, 253 in all; others are written as xn--…";
    const std::string bad_server = "/spec/server: must be an address, with a port or without, as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53";
    CHECK(problems(Kind::dns, "{}") == "/spec: the field \"name\" is required");
    for (const auto* name : {"a..b", ".a", "a b", "münchen.test", "a\\\\.b"}) {
        CHECK_MESSAGE(problems(Kind::dns, "{\"name\":\"" + std::string(name) + "\"}") == bad_name, name);
    }
    CHECK(problems(Kind::dns, "{\"name\":\"" + std::string(64, 'a') + ".test\"}") == bad_name);
    CHECK(problems(Kind::dns, R"({"name":"192.0.2.1"})") == "/spec/name: is an address: only PTR records are asked for by address");
    CHECK(problems(Kind::dns, R"({"name":"192.0.2.1","type":"PTR"})") == "accepted");
    CHECK(problems(Kind::dns, R"({"name":"."})") == "accepted");
    for (const auto* server : {"ns.test", "192.0.2", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:", "2001:db8::1:x", "[192.0.2.1]:53", "[::1]"}) {
        CHECK_MESSAGE(with("\"server\":\"" + std::string(server) + "\"") == bad_server, server);
    }
    for (const auto* server : {"192.0.2.1", "192.0.2.1:53", "::1", "[::1]:53"}) CHECK(with("\"server\":\"" + std::string(server) + "\"") == "accepted");
    CHECK(with(R"("type":"a")").starts_with("/spec/type: must be one of \"A\", \"AAAA\""));
    CHECK(with(R"("transport":"tls")") == R"(/spec/transport: must be one of "udp", "tcp")");
    CHECK(with(R"("answers":{"equals":["x"]})") == "/spec/answers/equals/0: is not the data of a record of type A");
    CHECK(with(R"("type":"MX","answers":{"contains":["mx.test"]})") == "/spec/answers/contains/0: is not the data of a record of type MX");
    CHECK(with(R"("answers":{"matches":["("]})").starts_with("/spec/answers/matches/0: is not a regular expression"));
    CHECK(with(R"("answers":{"is":[]})") == "/spec/answers/is: is not a field of this object");
    CHECK(with(R"("rcode":"NXDOMAIN","answers":{"equals":[]})") == "/spec/answers: can be asked for with the rcode NOERROR only");
    CHECK(with(R"("answers":{"equals":[],"matches":["x"]})") == "/spec/answers: has `equals`, which leaves nothing to `contains` and `matches`");
    CHECK(with(R"("min_ttl_s":61,"max_ttl_s":60)") == "/spec/min_ttl_s: must not be more than max_ttl_s");
    CHECK(with(R"("rcode":"NXDOMAIN","max_ttl_s":60)") == "/spec/rcode: must be NOERROR where a TTL is bounded: other answers have none");
}

TEST_CASE("what means the same is written the same way") {
    struct Row {
        DnsType type;
        const char* data;
        const char* canonical;  // null: is none
    };
    const Row rows[] = {
        {DnsType::a, "192.0.2.1", "192.0.2.1"},
        {DnsType::a, "::1", nullptr},
        {DnsType::a, "192.0.2.01", nullptr},
        {DnsType::aaaa, "2001:DB8:0:0::1", "2001:db8::1"},
        {DnsType::aaaa, "192.0.2.1", nullptr},
        {DnsType::cname, "WWW.Example.Test.", "www.example.test"},
        {DnsType::ns, ".", "."},
        {DnsType::ns, "a b", nullptr},
        {DnsType::mx, "010  Mail.Test.", "10 mail.test"},
        {DnsType::mx, "65536 mail.test", nullptr},
        {DnsType::mx, "10 mail.test more", nullptr},
        {DnsType::mx, "10", nullptr},
        {DnsType::txt, "V=Spf1  -All", "V=Spf1  -All"},
        {DnsType::soa, "NS.test. H.test. 1 2 3 4 4294967295", "ns.test h.test 1 2 3 4 4294967295"},
        {DnsType::soa, "ns.test h.test 1 2 3 4 4294967296", nullptr},
        {DnsType::srv, "1 2 443 Sip.Test", "1 2 443 sip.test"},
        {DnsType::srv, "1 2 sip.test", nullptr},
        {DnsType::caa, "0 Issue CA.example; a=b", "0 issue \"CA.example; a=b\""},
        {DnsType::caa, "0 issue \"ca.example\"", "0 issue \"ca.example\""},
        {DnsType::caa, "256 issue x", nullptr},
        {DnsType::caa, "0", nullptr},
    };
    for (const auto& row : rows) {
        const auto canonical = canonical_data(row.type, row.data);
        CHECK_MESSAGE(canonical.has_value() == (row.canonical != nullptr), row.data);
        if (canonical && row.canonical != nullptr) CHECK(*canonical == row.canonical);
    }
}

TEST_CASE("an address is asked for by its reverse name") {
    CHECK(reverse_name(*net::Address::parse("192.0.2.10")) == "10.2.0.192.in-addr.arpa");
    CHECK(reverse_name(*net::Address::parse("2001:db8::1")) == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("answers are those of the question or of what it is an alias of, and no stranger's") {
    const std::vector<DnsRecord> records{{"www.TEST", 1, 60, "192.0.2.9"}, {"a.test", 5, 60, "B.test"}, {"b.test", 5, 60, "www.test"}, {"evil.test", 1, 60, "192.0.2.6"}};
    const auto found = answers_to("A.test.", DnsType::a, records);
    REQUIRE(found.size() == 1);
    CHECK(found[0]->data == "192.0.2.9");
    CHECK(answers_to("a.test", DnsType::cname, records).size() == 1);
    const std::vector<DnsRecord> circle{{"a.test", 5, 60, "b.test"}, {"b.test", 5, 60, "a.test"}};
    CHECK(answers_to("a.test", DnsType::a, circle).empty());
}

TEST_CASE("a code that is expected is up, NXDOMAIN too; another is down with its class") {
    struct Row {
        const char* expected;
        int rcode;
        Verdict verdict;
        FailureClass cause;
    };
    for (const auto& row : {Row{"NXDOMAIN", 3, Verdict::up, FailureClass::none}, Row{"REFUSED", 5, Verdict::up, FailureClass::none},
                            Row{"NXDOMAIN", 0, Verdict::down, FailureClass::dns_mismatch}, Row{"NOERROR", 3, Verdict::down, FailureClass::dns_nxdomain},
                            Row{"NOERROR", 2, Verdict::down, FailureClass::dns_servfail}, Row{"NXDOMAIN", 5, Verdict::down, FailureClass::dns_servfail},
                            Row{"NOERROR", 9, Verdict::down, FailureClass::dns_servfail}}) {
        DnsFacts facts;
        facts.rcode = row.rcode;
        const auto result = judged(spec(",\"rcode\":\"" + std::string(row.expected) + "\""), facts);
        CHECK_MESSAGE(result.verdict == row.verdict, row.expected << " " << row.rcode);
        CHECK(result.cause == row.cause);
    }
}

TEST_CASE("no assertion of a DNS answer hides another") {
    auto facts = answer({{"a.test", 1, 30, "192.0.2.1"}, {"a.test", 1, 90, "192.0.2.2"}});
    const auto result = judged(spec(R"(,"answers":{"contains":["192.0.2.2","192.0.2.3"],"matches":["[.]9$"]},"min_ttl_s":60,"authoritative":true)"), facts);
    REQUIRE(result.assertions.size() == 6);
    CHECK(result.verdict == Verdict::down);
    CHECK(result.cause == FailureClass::dns_mismatch);
    CHECK(result.message == "answers is 192.0.2.1, 192.0.2.2, must be with 192.0.2.3");
    const char* expected[] = {"up", "up", "down", "down", "down", "down"};
    for (std::size_t i = 0; i < 6; ++i) CHECK(name_of(result.assertions[i].verdict) == expected[i]);
    CHECK(result.assertions[4].found == "30 to 90 s");
    facts.malformed = "the answer ends too early";
    CHECK(judged(spec(""), facts).cause == FailureClass::dns_servfail);
    CHECK(judged(spec(""), facts).message == "answer is the answer ends too early, must be well formed");
}

TEST_CASE("the document of a DNS observation is bounded") {
    std::vector<DnsRecord> many(500, DnsRecord{"a.test", 16, 1, std::string(300, 'x')});
    const auto facts = answer(many);
    CHECK(json::dump(write(facts, true)).size() < 24 * 1024);
    CHECK(json::dump(write(facts, false)).size() < 5 * 1024);
    CHECK(write(facts, true)["records"] == 500);
    const auto one = answer({{"a.test", 16, 1, std::string(60000, 'x')}});
    CHECK(json::dump(write(one, true)).size() < 24 * 1024);
}

}  // namespace dns_test
