// Specs of the kind `websocket`, and what handshakes and messages mean under them.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace websocket_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::websocket;

std::string with(const std::string& more) { return test::problems(kKind, R"({"url":"wss://a.test/",)" + more + "}"); }
std::string url(const std::string& text) { return test::problems(kKind, R"({"url":")" + text + "\"}"); }

Observation opened() {
    Observation seen;
    auto& facts = seen.facts<WebSocketFacts>();
    facts.status = 101;
    return seen;
}

}  // namespace

TEST_CASE("the canonical document of a websocket spec names every field and is read back equal") {
    const auto* full =
        R"({"url":"wss://a.test:8443/live?x=1","origin":"https://b.test","subprotocols":["chat.v2","chat.v1"],"headers":{"Authorization":"Bearer x"},)"
        R"("tls":{"server_name":"c.test","verify":false,"ca":"","min_version":"1.3"},"send":"a\nb","expect":"ok","expect_matches":"^ok$"})";
    CHECK(json::dump(write_spec(test::read(kKind, full))) == full);
    const auto least = write_spec(test::read(kKind, R"({"url":"ws://a.test"})"));
    CHECK(json::dump(least) == R"({"url":"ws://a.test","origin":"","subprotocols":[],"headers":{},"tls":false,"send":"","expect":"","expect_matches":""})");
    CHECK(json::dump(write_spec(test::read(kKind, json::dump(least)))) == json::dump(least));
    CHECK(write_spec(test::read(kKind, R"({"url":"wss://a.test"})"))["tls"]["verify"] == true);
    const auto to = endpoint_of(test::read(kKind, R"({"url":"WSS://A.test/x"})"));
    CHECK(to.host == "a.test");
    CHECK(to.port == 443);
    CHECK(endpoint_of(test::read(kKind, R"({"url":"ws://[2001:db8::1]/"})")).port == 80);
}

TEST_CASE("each wrong field of a websocket spec is refused at its own pointer with the reason") {
    CHECK(test::problems(kKind, "{}") == "/spec: the field \"url\" is required");
    CHECK(url("https://a.test/") == "/spec/url: must begin with ws:// or wss://");
    CHECK(url("wss://a@b.test/").starts_with("/spec/url: must not contain a user name or password"));
    CHECK(url("wss://a.test/#x") == "/spec/url: must not contain a fragment: it is never sent");
    CHECK(url("ws://").starts_with("/spec/url: "));
    CHECK(with(R"("origin":"https://b.test/x")") == "/spec/origin: must be an origin as https://example.com, without a path, or null");
    CHECK(with(R"("origin":"null")") == "accepted");
    CHECK(with(R"("subprotocols":["a b"])") == "/spec/subprotocols: must be names of letters, digits and some marks");
    CHECK(with(R"("subprotocols":["a","a"])") == "/spec/subprotocols: must not name one twice");
    for (const auto* name : {"Connection", "upgrade", "Sec-WebSocket-Key", "sec-websocket-anything", "Origin", "Host"}) {
        CHECK(with(std::string("\"headers\":{\"") + name + "\":\"x\"}") == std::string("/spec/headers/") + name + ": is a header the probe sets itself");
    }
    CHECK(with(R"("headers":{"a":"x\r\ny: z"})") == "/spec/headers/a: must not contain control characters, nor begin or end with a space");
    CHECK(with(R"("headers":{"a":"x","A":"y"})") == "/spec/headers/A: is there twice: header names do not differ by case");
    CHECK(with(R"("headers":{"a b":"x"})") == "/spec/headers/a b: is not a header name");
    CHECK(with(R"("tls":false)") == "/spec/tls: cannot be off with wss://");
    CHECK(test::problems(kKind, R"({"url":"ws://a.test","tls":true})") == "/spec/tls: is for wss:// alone");
    CHECK(with(R"("expect_matches":"(")").starts_with("/spec/expect_matches: is not a regular expression"));
    CHECK(with(R"("ping":true)").starts_with("/spec/ping: "));
}

TEST_CASE("status, handshake, subprotocol and message are assertions of their own") {
    const auto spec = test::read(kKind, R"({"url":"ws://a.test","subprotocols":["a","b"],"expect":"ok","expect_matches":"k$"})");
    auto seen = opened();
    auto& facts = seen.facts<WebSocketFacts>();
    facts.subprotocol = "b";
    facts.met = true;
    facts.message = "ok";
    CHECK(judge(spec, seen, TimePoint{}).verdict == Verdict::up);
    CHECK(judge(spec, seen, TimePoint{}).assertions.size() == 4);
    facts.subprotocol.clear();
    CHECK(judge(spec, seen, TimePoint{}).cause == FailureClass::assertion);
    facts.met = false;
    facts.message.clear();
    CHECK(judge(spec, seen, TimePoint{}).assertions.back().cause == FailureClass::timeout_total);
    facts.message = "no";
    facts.messages = 1;
    CHECK(judge(spec, seen, TimePoint{}).assertions.back().found == "no");
    CHECK(judge(spec, seen, TimePoint{}).assertions.back().cause == FailureClass::body_mismatch);
    facts.ended = true;
    CHECK(judge(spec, seen, TimePoint{}).assertions.back().found == "no … and then closed without a word");
    facts.fault = "has no Sec-WebSocket-Accept";
    CHECK(judge(spec, seen, TimePoint{}).cause == FailureClass::http_protocol);
    CHECK(judge(spec, seen, TimePoint{}).assertions.back().found == "not reached");
    facts.status = 503;
    CHECK(judge(spec, seen, TimePoint{}).cause == FailureClass::http_status);
    CHECK(judge(spec, seen, TimePoint{}).message == "status is 503, must be 101");
}

TEST_CASE("the evidence has the headers, without what would let its reader in") {
    WebSocketFacts facts;
    facts.status = 101;
    facts.headers = "Upgrade: websocket\r\nSet-Cookie:  session=1\r\nempty:\r\n";
    CHECK(json::dump(write(facts, true)["headers"]) == R"([{"name":"Upgrade","value":"websocket"},{"name":"Set-Cookie","value":"***"},{"name":"empty","value":""}])");
    CHECK(!write(facts, false).contains("headers"));
}

TEST_CASE("a message is the one that is expected if the text and the pattern are both in it") {
    const auto spec = std::get<WebSocketSpec>(test::read(kKind, R"({"url":"ws://a.test","expect":"a","expect_matches":"b"})"));
    CHECK(spec.is_met_by("ab"));
    CHECK(!spec.is_met_by("a"));
    CHECK(!spec.is_met_by("b"));
    CHECK(!spec.is_met_by(""));
}

}  // namespace websocket_test
