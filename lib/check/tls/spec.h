// What a TLS monitor asks.
#pragma once

#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/check/endpoint.h"
#include "lib/check/tls/version.h"
#include "lib/check/tls/warnings.h"
#include "lib/json/reader.h"

namespace sonde::check {

// What is said in clear before TLS begins.
enum class StartTls : unsigned char { none, smtp, imap, pop3, ftp, postgres, ldap };

struct TlsSpec {
    std::string host;
    int port = 443;  // by default that of the protocol of `starttls`
    StartTls starttls = StartTls::none;
    std::string server_name;  // what the certificate must be for; empty: the host
    bool verify = true;       // false: chain and name are told, and nothing is asked of them
    std::string ca;           // PEM, at most 64 KiB; empty: the system's authorities
    CertificateWarnings warn_days;  // each up to 825; fewer left than the first is degraded
    int critical_days = 3;          // fewer left is down; 0 to the first of warn_days, to 825 without warnings
    TlsVersion min_version = TlsVersion::tls_1_2;
    int min_rsa_bits = 2048;         // 0 to 16384; of all certificates of the chain; DSA is held to it, too
    int min_ec_bits = 224;           // 0 to 521; of elliptic curves of any kind
    bool allow_weak_signature = false;  // MD5, SHA-1
    std::vector<std::string> fingerprints;  // at most 10; SHA-256 of the server's certificate, 64 hexadecimal digits

    // What the certificate must be for.
    [[nodiscard]] const std::string& name() const { return server_name.empty() ? host : server_name; }
};

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(TlsSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const TlsSpec& spec);
Endpoint endpoint(const TlsSpec& spec);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::StartTls> {
    static constexpr std::array<std::string_view, 7> names{"none", "smtp", "imap", "pop3", "ftp", "postgres", "ldap"};
};
