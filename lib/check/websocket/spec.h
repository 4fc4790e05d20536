// What a WebSocket monitor asks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/check/endpoint.h"
#include "lib/check/header_fields.h"
#include "lib/check/tls/wanted.h"
#include "lib/json/reader.h"
#include "lib/net/url.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

struct WebSocketSpec {
    std::string url;  // ws or wss, at most 2048 bytes, no credentials, no fragment
    std::string origin;                     // of the Origin header; empty: none is sent
    std::vector<std::string> subprotocols;  // at most 10 tokens; one of them must be chosen
    HeaderFields headers;                   // at most 50; not those of the handshake
    std::optional<TlsWanted> tls;           // of wss always, of ws never
    std::string send;                       // one text message, at most 16 KiB; empty: none
    std::string expect;                     // is contained in a message of the server's
    std::string expect_matches;             // is found in the first 16 KiB of the same
    std::optional<regex::Pattern> pattern;  // of `expect_matches`

    [[nodiscard]] bool expects() const { return !expect.empty() || pattern.has_value(); }
    // Whether a message is the one that is expected.
    [[nodiscard]] bool is_met_by(std::string_view message) const;
};

// The parts of a ws or wss URL, its scheme told as `http` or `https`. Error: in words that may follow the name of the field.
Result<net::Url> parse_websocket_url(std::string_view text);

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(WebSocketSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const WebSocketSpec& spec);
Endpoint endpoint(const WebSocketSpec& spec);

}  // namespace sonde::check
