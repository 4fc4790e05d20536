// What a banner monitor asks: of a server that speaks first.
#pragma once

#include <optional>
#include <string>

#include "lib/base/enum_name.h"
#include "lib/check/endpoint.h"
#include "lib/check/tls/wanted.h"
#include "lib/json/reader.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

enum class BannerProtocol : unsigned char { smtp, imap, pop3, ssh, ftp };

struct BannerSpec {
    std::string host;
    BannerProtocol protocol = BannerProtocol::smtp;
    int port = 0;                           // by default the protocol's own, with TLS or without
    std::optional<TlsWanted> tls;           // from the first byte on; SSH has none
    std::string expect_matches;             // is found in the banner, of which the lines are parted by line feeds
    std::optional<regex::Pattern> pattern;  // of `expect_matches`
    bool goodbye = true;                    // QUIT or LOGOUT is said before the connection is closed; SSH has no such word
};

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(BannerSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const BannerSpec& spec);
Endpoint endpoint(const BannerSpec& spec);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::BannerProtocol> {
    static constexpr std::array<std::string_view, 5> names{"smtp", "imap", "pop3", "ssh", "ftp"};
};
