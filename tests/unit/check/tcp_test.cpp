// Specs of the kind `tcp`, and what dialogues mean under them.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace tcp_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::tcp;

std::string with(const std::string& more) { return test::problems(kKind, R"({"host":"a.test","port":25,)" + more + "}"); }
std::string step(const std::string& text) { return with("\"dialogue\":[" + text + "]"); }

}  // namespace

TEST_CASE("the canonical document of a tcp spec names every field and is read back equal") {
    const auto* full =
        R"({"host":"a.test","port":25,"addresses":"each","tls":{"server_name":"b.test","verify":false,"ca":"","min_version":"1.3"},)"
        R"("dialogue":[{"expect":"220"},{"send":"QUIT\r\n"},{"send_hex":"0d 0A"},{"expect_hex":"ff"},{"expect_matches":"^221"},{"expect_line":"^2"},{"starttls":true}]})";
    CHECK(json::dump(write_spec(test::read(kKind, full))) == full);
    const auto least = write_spec(test::read(kKind, R"({"host":"a","port":1,"tls":false})"));
    CHECK(json::dump(least) == R"({"host":"a","port":1,"addresses":"race","tls":false,"dialogue":[]})");
    CHECK(write_spec(test::read(kKind, R"({"host":"a","port":1,"tls":true})"))["tls"]["verify"] == true);
    const auto spec = std::get<TcpSpec>(test::read(kKind, full));
    CHECK(spec.dialogue[2].bytes == "\r\n");
    CHECK(spec.dialogue[3].bytes == "\xff");
}

TEST_CASE("each wrong field of a tcp spec is refused at its own pointer with the reason") {
    CHECK(test::problems(kKind, "{}") == "/spec: the field \"host\" is required\n/spec: the field \"port\" is required");
    CHECK(with(R"("addresses":"all")").starts_with("/spec/addresses: must be"));
    CHECK(with(R"("tls":1)") == "/spec/tls: must be true, false or an object");
    CHECK(with(R"("tls":{"starttls":"smtp"})").starts_with("/spec/tls/starttls: "));
    const std::string one_of = "one of send, send_hex, expect, expect_hex, expect_matches, expect_line, starttls";
    CHECK(step("{}") == "/spec/dialogue/0: must be an object with " + one_of);
    CHECK(step(R"({"send":"a","expect":"b"})") == "/spec/dialogue/0: must be an object with " + one_of);
    CHECK(step(R"({"recv":"a"})") == "/spec/dialogue/0/recv: must be " + one_of);
    CHECK(step(R"({"send":1})") == "/spec/dialogue/0/send: must be a string");
    CHECK(step(R"({"send":"a"},{"expect":""})") == "/spec/dialogue/1/expect: must not be empty");
    CHECK(step(R"({"send_hex":"0"})") == "/spec/dialogue/0/send_hex: must be pairs of hexadecimal digits");
    CHECK(step(R"({"send_hex":" "})") == "/spec/dialogue/0/send_hex: must be pairs of hexadecimal digits");
    CHECK(step(R"({"expect_matches":"("})").starts_with("/spec/dialogue/0/expect_matches: is not a regular expression"));
    CHECK(step(R"({"expect_matches":"(a{1,100}){1,9}"})") == "/spec/dialogue/0/expect_matches: is a regular expression of more than 500 steps");
    CHECK(step(R"({"expect_line":"("})").starts_with("/spec/dialogue/0/expect_line: is not a regular expression"));
    CHECK(step(R"({"starttls":"yes"})") == "/spec/dialogue/0/starttls: must be true");
    CHECK(step(R"({"starttls":true})") == "/spec/dialogue: has a step `starttls`, for which `tls` must be given");
    CHECK(with(R"("tls":true,"dialogue":[{"starttls":true},{"starttls":true}])") == "/spec/dialogue/1/starttls: is there twice");
    CHECK(step("{\"expect\":\"" + std::string(1025, 'x') + "\"}") == "/spec/dialogue/0/expect: must be at most 1024 bytes");
    CHECK(step("{\"send\":\"" + std::string(8193, 'x') + "\"}") == "/spec/dialogue/0/send: must be at most 8192 bytes");
    std::string many = R"({"send":"a"})";
    for (int i = 0; i < 20; ++i) many += R"(,{"send":"a"})";
    CHECK(step(many).starts_with("/spec/dialogue: must"));
}

TEST_CASE("each expectation is an assertion, and those not reached say so") {
    const auto spec = test::read(kKind, R"({"host":"a","port":1,"dialogue":[{"expect":"220"},{"send":"x"},{"expect":"250"},{"expect":"221"}]})");
    Observation seen;
    auto& conversation = seen.facts<TcpFacts>().conversations.emplace_back();
    conversation.address = "192.0.2.1:1";
    conversation.steps = {{true, "220 hi"}, {true, ""}, {false, "554 no"}};
    const auto judgement = judge(spec, seen, TimePoint{});
    CHECK(judgement.verdict == Verdict::down);
    CHECK(judgement.cause == FailureClass::body_mismatch);
    CHECK(judgement.message == "step 3 is 554 no, must be contains \"250\"");
    CHECK(judgement.assertions.size() == 4);
    conversation.steps = {{true, "220 hi"}, {true, ""}, {true, "250"}, {true, "221"}};
    CHECK(judge(spec, seen, TimePoint{}).verdict == Verdict::up);
}

TEST_CASE("of several addresses one that fails is down with its class, and the agent's own trouble is unknown") {
    const auto spec = test::read(kKind, R"({"host":"a","port":1,"addresses":"each"})");
    Observation seen;
    auto& all = seen.facts<TcpFacts>().conversations;
    all.resize(2);
    CHECK(judge(spec, seen, TimePoint{}).verdict == Verdict::up);
    all[1].failure = {FailureClass::connect_refused, "refused", Phase::connect};
    CHECK(judge(spec, seen, TimePoint{}).cause == FailureClass::connect_refused);
    all[1].failure = {FailureClass::agent_overload, "no sockets", Phase::connect};
    CHECK(judge(spec, seen, TimePoint{}).verdict == Verdict::unknown);
}

}  // namespace tcp_test
