// What a DNS monitor asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/check/dns/record.h"
#include "lib/check/endpoint.h"
#include "lib/json/reader.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

enum class DnsTransport : unsigned char { udp, tcp };

// What the answers must be. All of it must hold.
struct DnsAnswers {
    struct Expression {
        std::string text;
        regex::Pattern pattern;
    };
    // Each list at most 50, in canonical form. An empty `equals` means that there must be no record of the type.
    std::optional<std::vector<std::string>> equals;  // exactly these, in any order
    std::vector<std::string> contains;               // each of these is there
    std::vector<Expression> matches;                 // each is found in the canonical form of at least one answer

    [[nodiscard]] bool asks_nothing() const { return !equals && contains.empty() && matches.empty(); }
};

struct DnsSpec {
    static constexpr int kMostTtl = 2147483647;  // RFC 2181, section 8

    std::string name;  // as given; for PTR it may be an address
    DnsType type = DnsType::a;
    std::string server;  // `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`; empty: the agent's own
    DnsTransport transport = DnsTransport::udp;  // UDP goes on over TCP when an answer was cut off
    bool recursion = true;                       // the flag "recursion desired"
    DnsRcode rcode = DnsRcode::noerror;          // the one that is right
    DnsAnswers answers;                          // with NOERROR only
    int min_ttl_s = 0;                           // of every answer
    int max_ttl_s = kMostTtl;
    bool authoritative = false;  // whether the answer must be
};

struct DnsServerAddress {
    net::Address address;
    int port = 53;
};
std::optional<DnsServerAddress> parse_dns_server(std::string_view text);

// The name that is asked for: the spec's, or the reverse name of its address.
std::string question_of(const DnsSpec& spec);

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(DnsSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const DnsSpec& spec);
Endpoint endpoint(const DnsSpec& spec);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::DnsTransport> {
    static constexpr std::array<std::string_view, 2> names{"udp", "tcp"};
};
