// What a TLS server showed of itself.
#pragma once

#include <openssl/types.h>

#include <optional>
#include <string>

#include "lib/check/observation.h"

namespace sonde::agent {

// Takes over the verification of a connection's certificate chain, to keep why it failed and whose certificate it was: libcurl
// tells neither. Must outlive the handshake.
class CertificateWatch {
public:
    // Verification goes on as it would, unless `verify` is false: then every chain is taken, and looked at all the same.
    void install(SSL_CTX* context, bool verify);
    void reset();

    [[nodiscard]] const std::optional<check::CertificateFacts>& leaf() const { return leaf_; }
    // X509_V_OK, or the first error found; and at which depth of the chain.
    [[nodiscard]] int error() const { return error_; }
    // For people: `self-signed certificate (issuer CN=x)`; empty if there was no error.
    [[nodiscard]] std::string describe_error() const;

private:
    static int verify(X509_STORE_CTX* chain, void* self);

    std::optional<check::CertificateFacts> leaf_;
    int error_ = 0;
    int depth_ = 0;
    bool verify_ = true;
};

}  // namespace sonde::agent
