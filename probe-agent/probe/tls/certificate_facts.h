// Certificates taken apart: the one place that does.
#pragma once

#include <openssl/types.h>

#include <optional>
#include <string_view>

#include "lib/check/tls/facts.h"
#include "probe-agent/probe/recent.h"

namespace sonde::agent {

// Of one certificate in DER, with nothing behind it; nothing if it is none. Pure; what it returns is bounded whatever the input says.
std::optional<check::CertificateFacts> read_certificate(std::string_view der);

// The facts of certificates seen lately, so that a steady check does not pay for taking them apart. Not thread-safe.
class CertificateCache {
public:
    explicit CertificateCache(std::size_t capacity = 1024) : known_(capacity) {}

    // Facts with nothing but a fingerprint for what cannot be read.
    const check::CertificateFacts& find(const X509* certificate);
    [[nodiscard]] std::size_t size() const { return known_.size(); }

private:
    Recent<check::CertificateFacts> known_;  // by the raw fingerprint
};

}  // namespace sonde::agent
