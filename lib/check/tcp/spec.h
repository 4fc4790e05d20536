// What a TCP monitor asks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/check/endpoint.h"
#include "lib/check/tls/wanted.h"
#include "lib/json/reader.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

// Which of the addresses of a name.
enum class Addresses : unsigned char {
    race,   // the one that answers first (RFC 8305)
    first,  // the first, and no other
    each,   // one after the other, and all must do
};

enum class TcpAction : unsigned char { send, send_hex, expect, expect_hex, expect_matches, expect_line, starttls };

constexpr bool is_sending(TcpAction action) { return action == TcpAction::send || action == TcpAction::send_hex; }

struct TcpStep {
    TcpAction action = TcpAction::send;
    std::string text;   // as in the document
    std::string bytes;  // what `text` stands for; empty for a pattern
    std::optional<regex::Pattern> pattern;
};

struct TcpSpec {
    std::string host;
    int port = 0;
    Addresses addresses = Addresses::race;
    std::optional<TlsWanted> tls;  // from the first byte on, or from the step `starttls` if the dialogue has one
    std::vector<TcpStep> dialogue;  // at most 20

    // Whether TLS begins within the dialogue.
    [[nodiscard]] bool starts_tls() const;
};

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(TcpSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const TcpSpec& spec);
Endpoint endpoint(const TcpSpec& spec);

// For people: `contains "220 "`, `contains bytes 0d0a`, `matches /^220/`, `has a line that matches /^220/`.
std::string describe(const TcpStep& step);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Addresses> {
    static constexpr std::array<std::string_view, 3> names{"race", "first", "each"};
};

template <>
struct sonde::EnumNames<sonde::check::TcpAction> {
    static constexpr std::array<std::string_view, 7> names{"send",           "send_hex",    "expect", "expect_hex",
                                                           "expect_matches", "expect_line", "starttls"};
};
