#include <doctest/doctest.h>

#include "lib/check/hex.h"
#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace ping_udp_test {

using namespace sonde;
using namespace sonde::check;
using test::problems;

namespace {

std::string ping_with(const std::string& fields) { return problems(Kind::ping, "{\"host\":\"a.test\"," + fields + "}"); }
std::string udp_with(const std::string& fields) { return problems(Kind::udp, "{\"host\":\"a.test\",\"port\":53," + fields + "}"); }

}  // namespace

TEST_CASE("a ping spec of a host alone has defaults, and its canonical document is read back equal") {
    const auto* canonical =
        R"({"host":"a.test","family":"auto","packets":3,"interval_ms":200,"wait_ms":1000,"payload_bytes":56,"max_loss_percent":99,)"
        R"("degraded_loss_percent":100,"max_rtt_ms":10000,"degraded_rtt_ms":10000})";
    CHECK(json::dump(write_spec(test::read(Kind::ping, R"({"host":"a.test"})"))) == canonical);
    const auto clamped = write_spec(test::read(Kind::ping, R"({"host":"::1","max_rtt_ms":50,"max_loss_percent":0})"));
    CHECK(clamped["degraded_rtt_ms"] == 50);
    CHECK(write_spec(test::read(Kind::ping, json::dump(clamped))) == clamped);
}

TEST_CASE("each wrong field of a ping spec is refused at its own pointer with the reason") {
    const std::string bad_host = "/spec/host: must be a host name or an address, without brackets and port";
    CHECK(problems(Kind::ping, "{}") == "/spec: the field \"host\" is required");
    for (const auto* host : {"a b", "[::1]", "a.test:80", "http://a", ".", "user@a", "a..b"})
        CHECK_MESSAGE(problems(Kind::ping, "{\"host\":\"" + std::string(host) + "\"}") == bad_host, host);
    CHECK(ping_with(R"("packets":21)") == "/spec/packets: must be a whole number from 1 to 20");
    CHECK(ping_with(R"("interval_ms":19)") == "/spec/interval_ms: must be a whole number from 20 to 10000");
    CHECK(ping_with(R"("payload_bytes":7)") == "/spec/payload_bytes: must be a whole number from 8 to 1452");
    CHECK(ping_with(R"("max_loss_percent":20,"degraded_loss_percent":20)") ==
          "/spec/degraded_loss_percent: must be below max_loss_percent, or 100 for never");
    CHECK(ping_with(R"("max_rtt_ms":20,"degraded_rtt_ms":21)") == "/spec/degraded_rtt_ms: must not be more than max_rtt_ms");
    CHECK(problems(Kind::ping, R"({"host":"::1","family":"ipv4"})") == "/spec/family: is not that of the address in `host`");
}

TEST_CASE("loss and round trips are judged by their bounds") {
    struct Row {
        const char* fields;
        int sent;
        int received;
        int rtt_ms;
        Verdict verdict;
        FailureClass cause;
    };
    const Row rows[] = {
        {"", 3, 3, 5, Verdict::up, FailureClass::none},
        {"", 3, 1, 5, Verdict::up, FailureClass::none},
        {"", 3, 0, 0, Verdict::down, FailureClass::unreachable},
        {R"(,"max_loss_percent":0)", 3, 2, 5, Verdict::down, FailureClass::assertion},
        {R"(,"max_loss_percent":50)", 4, 2, 5, Verdict::up, FailureClass::none},
        {R"(,"max_loss_percent":49)", 4, 2, 5, Verdict::down, FailureClass::assertion},
        {R"(,"max_loss_percent":50,"degraded_loss_percent":24)", 4, 3, 5, Verdict::degraded, FailureClass::assertion},
        {R"(,"max_rtt_ms":5)", 3, 3, 5, Verdict::up, FailureClass::none},
        {R"(,"max_rtt_ms":5)", 3, 3, 6, Verdict::down, FailureClass::too_slow},
        {R"(,"max_rtt_ms":9,"degraded_rtt_ms":5)", 3, 3, 6, Verdict::degraded, FailureClass::too_slow},
    };
    for (const auto& row : rows) {
        Observation seen;
        auto& facts = seen.facts<PingFacts>();
        facts.sent = row.sent;
        facts.received = row.received;
        facts.rtt_avg = milliseconds{row.rtt_ms};
        const auto judged = judge(test::read(Kind::ping, "{\"host\":\"a.test\"" + std::string(row.fields) + "}"), seen, TimePoint{});
        CHECK_MESSAGE(judged.verdict == row.verdict, row.fields << " " << judged.message);
        CHECK(judged.cause == row.cause);
    }
}

TEST_CASE("a UDP spec is read, and its canonical document is read back equal") {
    const auto* canonical =
        R"({"host":"a.test","port":53,"send":"","send_hex":"00 FF","expect":"a","expect_hex":"ff","expect_matches":"^a","retries":2,"wait_ms":1000})";
    CHECK(json::dump(write_spec(test::read(Kind::udp, canonical))) == canonical);
    CHECK(problems(Kind::udp, "{}") == "/spec: the field \"host\" is required\n/spec: the field \"port\" is required");
    CHECK(udp_with(R"("send":"a","send_hex":"00")") == "/spec/send_hex: cannot be sent besides `send`");
    for (const auto* digits : {"0", "0g", "0 0", "000"})
        CHECK(udp_with("\"expect_hex\":\"" + std::string(digits) + "\"") == "/spec/expect_hex: must be pairs of hexadecimal digits, at most 4096 of them");
    CHECK(udp_with(R"("expect_matches":"(")").starts_with("/spec/expect_matches: is not a regular expression"));
    CHECK(udp_with(R"("retries":11)") == "/spec/retries: must be a whole number from 0 to 10");
    CHECK(*from_hex(" 00 fF") == std::string("\0\xff", 2));
}

TEST_CASE("bytes that are no text are told in hexadecimal digits") {
    UdpFacts facts;
    facts.answered = true;
    facts.answer = "a\xff";
    CHECK(write(facts, true)["answer_hex"] == "61ff");
    facts.answer = "ab";
    CHECK(!write(facts, true).contains("answer_hex"));
    CHECK(!write(facts, false).contains("answer"));
}

}  // namespace ping_udp_test
