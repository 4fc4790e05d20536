// What a TLS server showed of itself.
#pragma once

#include <string>

#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::check {

struct CertificateFacts {
    std::string subject;  // RFC 2253, most specific first: `CN=example.com,O=Example`
    std::string issuer;
    TimePoint not_before;
    TimePoint not_after;
};

struct TlsFacts {
    CertificateFacts certificate;  // the server's own
};

Json write(const CertificateFacts& facts);
Json write(const TlsFacts& facts, bool full);

}  // namespace sonde::check
