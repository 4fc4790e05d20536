// The opening handshake of a WebSocket (RFC 6455, section 4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/check/websocket/spec.h"

namespace sonde::agent {

// `key`: 16 random bytes in base64. The URL is that of the spec.
std::string handshake_request(const check::WebSocketSpec& spec, const net::Url& url, std::string_view key, std::string_view user_agent);

// What Sec-WebSocket-Accept must be.
std::string accept_of(std::string_view key);

// The head of an answer.
struct HandshakeAnswer {
    int status = 0;
    std::string status_line;
    std::string headers;      // lines as received, ended by CRLF
    std::string fault;        // of a 101: in which way it is no handshake, in words that may follow `it`; empty if it is one
    std::string subprotocol;  // of a 101 without fault
    std::size_t bytes = 0;    // of it, and of interim answers before it
};

struct HandshakeReading {
    std::string malformed;  // why it is no HTTP answer; empty if it may become one
    std::optional<HandshakeAnswer> answer;
};

inline constexpr std::size_t kMaxHandshakeBytes = 16 * 1024;

// Reads what came so far. Neither malformed nor an answer: more must come.
HandshakeReading read_handshake(std::string_view bytes, std::string_view key, const std::vector<std::string>& offered);

}  // namespace sonde::agent
