// What a check asks of TLS where TLS is not what it checks: a certificate that does not verify is a failure.
#pragma once

#include <optional>
#include <string>

#include "lib/check/tls/spec.h"
#include "lib/json/reader.h"

namespace sonde::check {

struct TlsWanted {
    std::string server_name;  // empty: the host
    bool verify = true;
    std::string ca;  // PEM; empty: the system's authorities
    TlsVersion min_version = TlsVersion::tls_1_2;
};

// An object of these fields, or true for all of their defaults; false is none.
void read_tls(json::Reader& in, std::string_view field, std::optional<TlsWanted>& target, json::Problems& problems);
// Likewise: false, or an object.
Json write_tls(const std::optional<TlsWanted>& wanted);

}  // namespace sonde::check
