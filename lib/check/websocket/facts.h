// What a WebSocket check saw.
#pragma once

#include <cstdint>
#include <string>

#include "lib/json/json.h"

namespace sonde::check {

struct WebSocketFacts {
    static constexpr const char* name = "websocket";

    int status = 0;           // of the answer to the handshake
    std::string status_line;  // as received
    std::string headers;      // as received, lines ended by CRLF
    std::string fault;        // in which way an answer of 101 is no WebSocket handshake; empty if it is one
    std::string subprotocol;  // that the server chose; empty if none

    std::int64_t messages = 0;  // received
    std::string message;        // the one that was expected, or else the last; at most 4 KiB of it
    bool met = false;           // an expected message came
    std::string breach;         // how what came broke the protocol, or what we take; empty if it did not

    int close_code = 0;        // of the server's close frame; 1005 if it had none, 0 if there was no such frame
    std::string close_reason;  // likewise
    bool ended = false;        // the connection ended before anything else was over
};

// Full: with the headers and the message.
Json write(const WebSocketFacts& facts, bool full);

}  // namespace sonde::check
