#include <doctest/doctest.h>

#include "probe-agent/probe/websocket/handshake.h"

namespace websocket_handshake_test {

using namespace sonde;
using namespace sonde::agent;

namespace {

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455, section 1.3, with the answer to it
const std::string kGood = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

std::string fault_of(const std::string& head) {
    const auto reading = read_handshake(head + "\r\n", kKey, {"chat"});
    REQUIRE(reading.answer);
    return reading.answer->fault;
}

}  // namespace

TEST_CASE("the key is answered as RFC 6455 has it, and the request says what the spec asks for") {
    CHECK(accept_of(kKey) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    check::WebSocketSpec spec;
    spec.url = "ws://a.test:8080/live?x=1";
    spec.origin = "https://b.test";
    spec.subprotocols = {"v2", "v1"};
    spec.headers = {{"Authorization", "Bearer x"}};
    const auto url = check::parse_websocket_url(spec.url);
    REQUIRE(url);
    CHECK(handshake_request(spec, *url, kKey, "Sonde/1") ==
          "GET /live?x=1 HTTP/1.1\r\nHost: a.test:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + kKey +
              "\r\nSec-WebSocket-Version: 13\r\nOrigin: https://b.test\r\nSec-WebSocket-Protocol: v2, v1\r\nAuthorization: Bearer x\r\nUser-Agent: Sonde/1\r\n\r\n");
    spec = {};
    spec.url = "wss://[2001:DB8::1]";
    spec.headers = {{"user-agent", "mine"}};
    const auto other = check::parse_websocket_url(spec.url);
    REQUIRE(other);
    CHECK(handshake_request(spec, *other, kKey, "Sonde/1") ==
          "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + kKey +
              "\r\nSec-WebSocket-Version: 13\r\nuser-agent: mine\r\n\r\n");
}

TEST_CASE("an answer is read when it is whole, interim ones are passed over, and what follows is left") {
    const auto text = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kGood + "Sec-WebSocket-Protocol: chat\r\n\r\n";
    for (std::size_t had = 0; had < text.size(); ++had) {
        const auto reading = read_handshake(text.substr(0, had), kKey, {"chat"});
        CHECK(!reading.answer);
        CHECK(reading.malformed.empty());
    }
    const auto reading = read_handshake(text + "\x81\x01x", kKey, {"chat"});
    REQUIRE(reading.answer);
    CHECK(reading.answer->fault.empty());
    CHECK(reading.answer->subprotocol == "chat");
    CHECK(reading.answer->bytes == text.size());
    CHECK(reading.answer->status_line == "HTTP/1.1 101 Switching Protocols");
}

TEST_CASE("each way in which an answer is no handshake has its words") {
    CHECK(fault_of(kGood).empty());
    CHECK(fault_of("HTTP/1.1 101 x\r\nupgrade: WEBSOCKET\r\nconnection: x,upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n").empty());
    CHECK(fault_of("HTTP/1.0 101 x\r\n") == "is of HTTP/1.0, which has no upgrades");
    CHECK(fault_of("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n") == "does not upgrade to websocket");
    CHECK(fault_of("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: close\r\n") == "does not have Connection: Upgrade");
    CHECK(fault_of("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n") == "has no Sec-WebSocket-Accept");
    CHECK(fault_of(kGood + "Sec-WebSocket-Accept: x\r\n") == "has more than one Sec-WebSocket-Accept");
    CHECK(fault_of(kGood + "Sec-WebSocket-Extensions: x\r\n") == "agrees to an extension that was not offered: x");
    CHECK(fault_of(kGood + "Sec-WebSocket-Protocol: other\r\n") == "chooses a subprotocol that was not offered: other");
    CHECK(fault_of(kGood + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n") == "chooses more than one subprotocol");
    CHECK(fault_of("HTTP/1.1 200 OK\r\n").empty());  // its status says enough
}

TEST_CASE("what is no HTTP is malformed") {
    for (const auto* text : {"SSH-2.0-x\r\n", "HTTP/2 101 x\r\n", "HTTP/1.1 10 x\r\n", "HTTP/1.1 101x\r\n", "HTTP/1.1 099 x\r\n"}) {
        CHECK_MESSAGE(read_handshake(text, kKey, {}).malformed == "does not begin with a status line of HTTP/1.1", text);
    }
    CHECK(read_handshake(kGood + "no colon\r\n", kKey, {}).malformed == "has a line among its headers that is none");
    CHECK(read_handshake(kGood + " folded: x\r\n", kKey, {}).malformed == "has a line among its headers that is none");
    CHECK(read_handshake(kGood + "x: " + std::string(kMaxHandshakeBytes, 'x'), kKey, {}).malformed == "has headers of more than 16384 bytes");
}

}  // namespace websocket_handshake_test
