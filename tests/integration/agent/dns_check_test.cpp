#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/dns_server.h"
#include "tests/integration/agent/nsd.h"
#include "tests/integration/agent/raw_server.h"

namespace dns_check_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::Kind;
using check::Verdict;

namespace {

check::Spec spec_of(const std::string& server, const std::string& fields) {
    const auto document = json::parse("{\"server\":\"" + server + "\"," + fields + "}");
    REQUIRE_MESSAGE(document, fields);
    auto spec = check::read_spec(Kind::dns, *document, "");
    REQUIRE_MESSAGE(spec, fields << ": " << (spec ? "" : spec.error().front().pointer + " " + spec.error().front().detail));
    return *std::move(spec);
}

struct Checked {
    check::Observation seen;
    check::Judgement judged;
    [[nodiscard]] check::DnsFacts dns() const {
        const auto* facts = seen.find<check::DnsFacts>();
        return facts == nullptr ? check::DnsFacts{} : *facts;
    }
};

Checked run(Bench& bench, const std::string& server, const std::string& fields, milliseconds timeout = milliseconds{5000}) {
    const auto spec = spec_of(server, fields);
    Checked checked{bench.run(spec, timeout), {}};
    checked.judged = check::judge(spec, checked.seen, TimePoint{});
    return checked;
}

DnsServer::Answer always(std::optional<DnsAnswer> answer) {
    return [answer](const std::string&, DnsType) { return answer; };
}

}  // namespace

TEST_CASE("a real name server is understood, record type by record type") {
    if (!Nsd::is_there()) {
        MESSAGE("nsd is not installed: no real name server to ask");
        return;
    }
    Nsd nsd;
    Bench bench;
    struct Row {
        const char* fields;
        Verdict verdict;
        const char* message;
    };
    const Row rows[] = {
        {R"("name":"www.example.test","answers":{"equals":["192.0.2.11","192.0.2.10"]},"min_ttl_s":60,"max_ttl_s":60)", Verdict::up, ""},
        {R"("name":"WWW.Example.Test.","type":"AAAA","answers":{"equals":["2001:DB8:0::10"]})", Verdict::up, ""},
        {R"("name":"alias.example.test","type":"CNAME","answers":{"equals":["www.example.test."]})", Verdict::up, ""},
        {R"("name":"alias.example.test","answers":{"contains":["192.0.2.10"]},"max_ttl_s":60)", Verdict::up, ""},
        {R"("name":"example.test","type":"MX","answers":{"equals":["20 backup.example.test","10 MAIL.example.test."]})", Verdict::up, ""},
        {R"("name":"example.test","type":"TXT","answers":{"equals":["v=spf1 -all"]})", Verdict::up, ""},
        {R"("name":"example.test","type":"NS","answers":{"equals":["ns2.example.test","ns1.example.test"]},"authoritative":true)", Verdict::up, ""},
        {R"("name":"example.test","type":"SOA","answers":{"matches":["^ns1[.]example[.]test .* 7 3600 600 86400 60$"]})", Verdict::up, ""},
        {R"("name":"_sip._tcp.example.test","type":"SRV","answers":{"equals":["1 2 5060 sip.example.test"]})", Verdict::up, ""},
        {R"("name":"example.test","type":"CAA","answers":{"equals":["0 issue ca.example"]})", Verdict::up, ""},
        {R"("name":"192.0.2.10","type":"PTR","answers":{"equals":["www.example.test"]})", Verdict::up, ""},
        {R"("name":"www.example.test","type":"TXT","answers":{"equals":[]})", Verdict::up, ""},
        {R"("name":"nobody.example.test","rcode":"NXDOMAIN","authoritative":true)", Verdict::up, ""},
        {R"("name":"elsewhere.test","rcode":"REFUSED")", Verdict::up, ""},
        {R"("name":"www.example.test","transport":"tcp","recursion":false)", Verdict::up, ""},
        {R"("name":"www.example.test","type":"MX")", Verdict::down, "answers is none, must be at least one MX record"},
        {R"("name":"www.example.test","answers":{"equals":["192.0.2.10"]})", Verdict::down,
         "answers is 192.0.2.10, 192.0.2.11, must be 192.0.2.10"},
        {R"("name":"www.example.test","min_ttl_s":61)", Verdict::down, "ttl is 60 s, must be from 61 to 2147483647 s"},
        {R"("name":"nobody.example.test")", Verdict::down, "rcode is NXDOMAIN, must be NOERROR"},
        {R"("name":"elsewhere.test")", Verdict::down, "rcode is REFUSED, must be NOERROR"},
    };
    for (const auto& row : rows) {
        const auto checked = run(bench, nsd.address(), row.fields);
        CHECK_MESSAGE(checked.judged.verdict == row.verdict, row.fields << ": " << checked.judged.message);
        CHECK(checked.judged.message == row.message);
        CHECK(checked.seen.address == nsd.address());
        CHECK(checked.seen.phases.resolve > microseconds{0});
        CHECK(checked.seen.phases.connect == microseconds{0});
    }
}

TEST_CASE("what does not fit into UDP is asked for again over TCP") {
    if (!Nsd::is_there()) {
        MESSAGE("nsd is not installed: no real name server to ask");
        return;
    }
    Nsd nsd;
    Bench bench;
    const auto checked = run(bench, nsd.address(), R"("name":"big.example.test","type":"TXT")");
    CHECK_MESSAGE(checked.judged.verdict == Verdict::up, checked.judged.message);
    CHECK(checked.dns().tcp);
    CHECK(!checked.dns().tc);
    REQUIRE(checked.dns().records.size() == 1);
    CHECK(checked.dns().records[0].data == std::string(250, 'a') + std::string(250, 'b') + std::string(250, 'c'));
    CHECK(!run(bench, nsd.address(), R"("name":"www.example.test")").dns().tcp);
    CHECK(run(bench, nsd.address(), R"("name":"www.example.test","transport":"tcp")").dns().tcp);
}

TEST_CASE("an answer that was cut off needs TCP, and the failure says so") {
    DnsServer whole(always(DnsAnswer{.addresses = {"192.0.2.7"}, .cut_off = true}));
    Bench bench;
    const auto good = run(bench, whole.address(), R"("name":"www.example.test")");
    CHECK_MESSAGE(good.judged.verdict == Verdict::up, good.judged.message);
    CHECK(whole.tcp_questions() == 1);
    CHECK(whole.questions() == 2);

    DnsServer deaf(always(DnsAnswer{.addresses = {"192.0.2.7"}, .cut_off = true}), false);
    const auto bad = run(bench, deaf.address(), R"("name":"www.example.test")");
    CHECK(bad.judged.cause == FailureClass::connect_refused);
    CHECK(bad.judged.message ==
          deaf.address() + " takes no questions over TCP, after an answer that was cut off: connection refused or closed");
}

TEST_CASE("each way a name server can fail has its class") {
    struct Row {
        const char* what;
        std::optional<DnsAnswer> answer;
        FailureClass cause;
    };
    const Row rows[] = {
        {"no such name", DnsAnswer{3, {}}, FailureClass::dns_nxdomain},
        {"no record", DnsAnswer{0, {}}, FailureClass::dns_mismatch},
        {"server failure", DnsAnswer{2, {}}, FailureClass::dns_servfail},
        {"bad format", DnsAnswer{1, {}}, FailureClass::dns_servfail},
        {"not implemented", DnsAnswer{4, {}}, FailureClass::dns_servfail},
        {"refused", DnsAnswer{5, {}}, FailureClass::dns_servfail},
        {"a code without a name", DnsAnswer{11, {}}, FailureClass::dns_servfail},
        {"garbage", DnsAnswer{.raw = "\xC0\xFFgarbage"}, FailureClass::dns_servfail},
        {"a name that points at itself", DnsAnswer{.raw = std::string("\xC0\x22\x00\x01\x00\x01\x00\x00\x00\x3C\x00\x04\x7F\x00\x00\x01", 16)},
         FailureClass::dns_servfail},
        {"silence", std::nullopt, FailureClass::dns_timeout},
    };
    for (const auto& row : rows) {
        for (const auto* transport : {"udp", "tcp"}) {
            DnsServer dns(always(row.answer));
            Bench bench;
            const auto fields = R"("name":"www.example.test","transport":")" + std::string(transport) + "\"";
            const auto checked = run(bench, dns.address(), fields, milliseconds{row.answer ? 5000 : 300});
            CHECK_MESSAGE(checked.judged.cause == row.cause, row.what << " over " << transport << ": " << checked.judged.message);
            CHECK(checked.judged.verdict == Verdict::down);
            CHECK(bench.took < seconds{20});
        }
    }
}

TEST_CASE("a named server that is not there is down, the agent's own is the agent's trouble") {
    const auto nobody = "127.0.0.1:" + std::to_string(closed_port());
    Bench bench({.servers = {nobody}});
    for (const auto* transport : {"udp", "tcp"}) {
        const auto fields = R"("name":"www.example.test","transport":")" + std::string(transport) + "\"";
        CHECK(run(bench, nobody, fields).judged.cause == FailureClass::connect_refused);
        const auto own = run(bench, "", fields);
        CHECK_MESSAGE(own.judged.cause == FailureClass::agent_error, own.judged.message);
        CHECK(own.judged.verdict == Verdict::unknown);
    }
}

TEST_CASE("a named server passes the guard, and nothing is sent to one that does not") {
    Bench bench;
    const auto blocked = run(bench, "127.0.0.66", R"("name":"www.example.test")");
    CHECK(blocked.judged.cause == FailureClass::blocked_address);
    CHECK(run(bench, "10.0.0.53", R"("name":"www.example.test")").judged.cause == FailureClass::blocked_address);
    CHECK(run(bench, "[::ffff:10.0.0.53]:53", R"("name":"www.example.test")").judged.cause == FailureClass::blocked_address);
}

TEST_CASE("of the agent's own servers the next is asked when one fails, and the best answer counts") {
    DnsServer broken(always(DnsAnswer{2, {}}));
    DnsServer good(always(DnsAnswer{0, {"192.0.2.7"}}));
    const auto nobody = "127.0.0.1:" + std::to_string(closed_port());
    Bench bench({.servers = {nobody, broken.address(), good.address()}});
    const auto checked = run(bench, "", R"("name":"www.example.test","answers":{"equals":["192.0.2.7"]})");
    CHECK_MESSAGE(checked.judged.verdict == Verdict::up, checked.judged.message);
    CHECK(checked.dns().server == good.address());

    Bench poor({.servers = {broken.address(), nobody}});
    const auto failed = run(poor, "", R"("name":"www.example.test")");
    CHECK_MESSAGE(failed.judged.cause == FailureClass::dns_servfail, failed.judged.message);
    CHECK(failed.dns().server == broken.address());
}

TEST_CASE("a silent first server of the agent's own does not silence the second") {
    DnsServer silent(always(std::nullopt));
    DnsServer good(always(DnsAnswer{0, {"192.0.2.7"}}));
    Bench bench({.servers = {silent.address(), good.address()}});
    const auto checked = run(bench, "", R"("name":"www.example.test")");
    CHECK_MESSAGE(checked.judged.verdict == Verdict::up, checked.judged.message);
    CHECK(checked.dns().server == good.address());
}

TEST_CASE("checks share a channel, those that are dropped included, and disturb each other in nothing") {
    std::atomic<int> asked{0};
    DnsServer dns([&](const std::string& name, DnsType) -> std::optional<DnsAnswer> {
        ++asked;
        if (name == "silent.test") return std::nullopt;
        return DnsAnswer{0, {"192.0.2.7"}};
    });
    Bench bench;
    int reported = 0;
    std::vector<std::unique_ptr<agent::Attempt>> dropped;
    for (int i = 0; i < 20; ++i) {
        dropped.push_back(bench.probe.start(*agent::make_target(spec_of(dns.address(), R"("name":"silent.test")")), milliseconds{5000},
                                            [&](check::Observation) { ++reported; }));
    }
    REQUIRE(turn_until(bench.loop, [&] { return asked.load() >= 20; }));
    dropped.clear();
    for (int i = 0; i < 20; ++i) CHECK(run(bench, dns.address(), R"("name":"www.example.test")").judged.verdict == Verdict::up);
    CHECK(reported == 0);
}

TEST_CASE("channels are kept for the next check, and bounded") {
    DnsServer dns(always(DnsAnswer{0, {"192.0.2.7"}}));
    uv::Loop loop;
    agent::DnsClient client(loop);
    const auto ask = [&](const std::string& server) {
        bool done = false;
        const auto query = client.ask({server, false, true}, "www.example.test", 1, [&](agent::DnsReply) { done = true; });
        REQUIRE(turn_until(loop, [&] { return done; }));
    };
    for (int i = 0; i < 5; ++i) ask(dns.address());
    CHECK(client.channels() == 1);
    for (std::size_t i = 0; i < agent::DnsClient::kMostChannels + 10; ++i) ask("127.0.0." + std::to_string(i % 250 + 2) + ":" + std::to_string(closed_port()));
    CHECK(client.channels() == agent::DnsClient::kMostChannels);
}

}  // namespace dns_check_test
