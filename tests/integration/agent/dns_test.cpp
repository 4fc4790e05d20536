#include <doctest/doctest.h>

#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/dns_server.h"
#include "tests/integration/agent/raw_server.h"

namespace dns_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;

namespace {

const auto* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// The same for A and AAAA.
DnsServer::Answer always(std::optional<DnsAnswer> answer) {
    return [answer](const std::string&, DnsType) { return answer; };
}

std::string url_of(const RawServer& server, const std::string& host) {
    return "http://" + host + ":" + std::to_string(server.port()) + "/";
}

}  // namespace

TEST_CASE("a name is asked for anew at every check, and its address connected to") {
    DnsServer dns([](const std::string&, DnsType type) -> std::optional<DnsAnswer> {
        if (type == DnsType::a) return DnsAnswer{0, {"127.0.0.1"}};
        return DnsAnswer{0, {}};
    });
    Bench bench({.servers = {dns.address()}});
    RawServer server(answering(kOk));
    for (int i = 1; i <= 2; ++i) {
        const auto seen = bench.run(url_of(server, "www.example.test"));
        CHECK_MESSAGE(seen.http().status == 200, describe(seen));
        CHECK(seen.address == "127.0.0.1:" + std::to_string(server.port()));
        CHECK(seen.phases.resolve > microseconds{0});
        CHECK(dns.questions() == 2 * i);
    }
}

TEST_CASE("each way a name can fail has its class") {
    struct Row {
        const char* what;
        std::optional<DnsAnswer> answer;
        FailureClass cause;
    };
    const Row rows[] = {
        {"no such name", DnsAnswer{3, {}}, FailureClass::dns_nxdomain},
        {"no address", DnsAnswer{0, {}}, FailureClass::dns_nxdomain},
        {"server failure", DnsAnswer{2, {}}, FailureClass::dns_servfail},
        {"refused", DnsAnswer{5, {}}, FailureClass::dns_servfail},
        {"silence", std::nullopt, FailureClass::dns_timeout},
    };
    for (const auto& row : rows) {
        DnsServer dns(always(row.answer));
        Bench bench({.servers = {dns.address()}});
        const auto seen = bench.run("http://www.example.test/", milliseconds{row.answer ? 5000 : 300});
        CHECK_MESSAGE(seen.failure.cause == row.cause, std::string(row.what), ": ", describe(seen));
        CHECK(seen.failure.message.find("www.example.test") != std::string::npos);
        CHECK(seen.phases.connect == microseconds{0});
        CHECK(bench.took < seconds{20});
    }
}

TEST_CASE("a name server that is not there is this machine's trouble, not the target's") {
    Bench bench({.servers = {"127.0.0.1:" + std::to_string(closed_port())}});
    const auto seen = bench.run("http://www.example.test/");
    CHECK_MESSAGE(seen.failure.cause == FailureClass::agent_error, describe(seen));
}

TEST_CASE("a second name server is asked when the first fails") {
    DnsServer broken(always(DnsAnswer{2, {}}));
    DnsServer good([](const std::string&, DnsType type) -> std::optional<DnsAnswer> {
        if (type == DnsType::a) return DnsAnswer{0, {"127.0.0.1"}};
        return DnsAnswer{0, {}};
    });
    Bench bench({.servers = {broken.address(), good.address()}});
    RawServer server(answering(kOk));
    const auto seen = bench.run(url_of(server, "www.example.test"));
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
}

TEST_CASE("silence about one family does not hold up the other") {
    DnsServer dns([](const std::string&, DnsType type) -> std::optional<DnsAnswer> {
        if (type == DnsType::a) return DnsAnswer{0, {"127.0.0.1"}};
        return std::nullopt;
    });
    Bench bench({.servers = {dns.address()}});
    RawServer server(answering(kOk));
    const auto seen = bench.run(url_of(server, "www.example.test"));
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(bench.took < seconds{20});
}

TEST_CASE("when one address refuses the next is tried") {
    DnsServer dns([](const std::string&, DnsType type) -> std::optional<DnsAnswer> {
        if (type == DnsType::a) return DnsAnswer{0, {"127.0.0.3", "127.0.0.1"}};
        return DnsAnswer{0, {"::1"}};
    });
    Bench bench({.servers = {dns.address()}});
    RawServer server(answering(kOk));  // on 127.0.0.1 alone
    const auto seen = bench.run(url_of(server, "www.example.test"));
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(seen.address == "127.0.0.1:" + std::to_string(server.port()));
}

TEST_CASE("a rebinding answer that mixes inside and outside reaches nothing inside") {
    DnsServer dns([](const std::string&, DnsType type) -> std::optional<DnsAnswer> {
        if (type == DnsType::a) return DnsAnswer{0, {"127.0.0.66", "10.0.0.1"}};
        return DnsAnswer{0, {"::ffff:10.0.0.1", "fd00::1"}};
    });
    Bench bench({.servers = {dns.address()}});
    const auto seen = bench.run("http://www.example.test/");
    CHECK(seen.failure.cause == FailureClass::blocked_address);
}

TEST_CASE("a check dropped while its name is asked for reports nothing, and the answer hurts nobody") {
    std::atomic<bool> asked{false};
    std::atomic<bool> go{false};
    DnsServer dns([&](const std::string&, DnsType) -> std::optional<DnsAnswer> {
        asked = true;
        if (!go) return std::nullopt;
        return DnsAnswer{0, {}};
    });
    Bench bench({.servers = {dns.address()}});
    check::HttpSpec spec;
    spec.url = "http://www.example.test/";
    bool reported = false;
    auto attempt = bench.probe.start(*agent::make_target(check::Spec{spec}), milliseconds{5000},
                                     [&](check::Observation) { reported = true; });
    REQUIRE(turn_until(bench.loop, [&] { return asked.load(); }));
    attempt.reset();
    go = true;
    // The next check of the same channel is not disturbed.
    CHECK(bench.run("http://www.example.test/").failure.cause == FailureClass::dns_nxdomain);
    CHECK(!reported);
}

}  // namespace dns_test
