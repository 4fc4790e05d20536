// Absolute http and https URLs, by libcurl's parser, so that what is validated is what is requested.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sonde::net {

constexpr std::size_t kMaxUrlBytes = 8192;

struct Url {
    std::string scheme;  // `http` or `https`
    std::string host;    // lower case; IPv6 without brackets; international names in their ASCII form (`xn--…`, UTS 46)
    int port = 0;        // the scheme's own if none was given
    std::string path;    // at least `/`, without dot segments; bytes outside ASCII are percent-encoded
    std::string query;   // without `?`
    bool has_userinfo = false;
    bool has_fragment = false;
    bool host_is_address = false;  // a literal IPv4 or IPv6 address; `host` then is its usual form, whatever was written

    // Neither userinfo nor fragment; the port only if it is not the scheme's own. `parse_url` reads it back equal.
    [[nodiscard]] std::string text() const;
    // `https://example.com:8443`; the port only if it is not the scheme's own. RFC 6454.
    [[nodiscard]] std::string origin() const;
};

// Refuses other schemes, relative URLs, empty hosts, hosts that are neither names nor addresses, ports outside 1 to 65535,
// control characters, spaces, backslashes, IPv6 zones, and more than kMaxUrlBytes. IPv4 addresses are taken in every form that
// inet_aton(3) takes (`127.1`, `0x7f000001`), since some client would; a host whose last label is a number must be one.
// The error says what is wrong in words that may follow the name of the field: `must begin with http:// or https://`.
Result<Url> parse_url(std::string_view text);

// `reference` (a Location header) against `base`, RFC 3986 section 5.2. Spaces inside, which servers do send, are encoded.
Result<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace sonde::net
