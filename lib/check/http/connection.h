// How an HTTP check reaches its server, and what it asks of TLS there.
#pragma once

#include <string>

#include "lib/base/enum_name.h"
#include "lib/check/tls/version.h"
#include "lib/json/reader.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::check {

enum class HttpVersion : unsigned char { any, http_1_1, http_2 };
enum class IpFamily : unsigned char { any, ipv4, ipv6 };

struct HttpConnection {
    HttpVersion version = HttpVersion::any;
    IpFamily family = IpFamily::any;  // of the server, or of the proxy
    std::string proxy;                // `http://proxy.example:3128`; empty: none
    std::string proxy_username;
    std::string proxy_password;
    std::string connect_to;  // an address, or address:port, instead of what the name of the URL's own origin says
    std::string resolver;    // a name server, address or address:port, instead of the agent's
    bool compression = true;

    bool tls_verify_host = true;  // without effect if nothing is verified
    TlsVersion tls_min_version = TlsVersion::tls_1_2;
    std::string tls_server_name;  // for SNI and verification, instead of the URL's host; for the URL's own origin
    std::string tls_ca;           // PEM, instead of the agent's authorities
    std::string tls_certificate;  // PEM, ours; for the URL's own origin
    std::string tls_key;          // PEM, without passphrase
};

// `192.0.2.1`, `192.0.2.1:8080`, `2001:db8::1` or `[2001:db8::1]:8080`.
struct AddressAndPort {
    net::Address address;
    int port = 0;  // 0 if none was given
};
std::optional<AddressAndPort> parse_address_and_port(std::string_view text);

// Of the spec with this url, the fields named here, each on its own.
void read_connection(json::Reader& in, const std::string& url, HttpConnection& connection);
void write_connection(const HttpConnection& connection, Json& document);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::HttpVersion> {
    static constexpr std::array<std::string_view, 3> names{"auto", "1.1", "2"};
};

template <>
struct sonde::EnumNames<sonde::check::IpFamily> {
    static constexpr std::array<std::string_view, 3> names{"auto", "ipv4", "ipv6"};
};
