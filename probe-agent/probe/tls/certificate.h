// Watches the verification of a server's certificate chain.
#pragma once

#include <openssl/types.h>

#include <optional>
#include <string>

#include "lib/check/observation.h"
#include "probe-agent/probe/tls/certificate_facts.h"

namespace sonde::agent {

// What a chain that does not verify means for a check.
enum class Verification : unsigned char {
    off,       // it is looked at, never verified
    recorded,  // every doubt is noted, and the chain is taken
    enforced,  // every doubt is noted, and the handshake fails if there is one
};

// Takes over the verification of a connection's chain, to keep all that is against it and whose it was: libcurl tells neither.
// Must outlive the handshake.
class CertificateWatch {
public:
    explicit CertificateWatch(CertificateCache& cache) : cache_(cache) {}
    CertificateWatch(const CertificateWatch&) = delete;
    CertificateWatch& operator=(const CertificateWatch&) = delete;

    // For a context with one connection.
    void install(SSL_CTX* context, Verification verification);
    // For a context that many connections share: of them, those that were given a watch with `attach`.
    static void install_shared(SSL_CTX* context);
    void attach(SSL* connection, Verification verification);
    void reset();

    // What was seen; nothing before the server showed its certificate.
    [[nodiscard]] const std::optional<check::TlsFacts>& facts() const { return facts_; }
    // Notes one more, from elsewhere than the chain's verification.
    void add(check::Doubt doubt);
    // The gravest, Distrust::none if there is none.
    [[nodiscard]] check::Distrust distrust() const;
    // For people: `self-signed certificate (subject CN=x, issuer CN=x, valid until …)`; empty if there is no doubt.
    [[nodiscard]] std::string describe_error() const;

private:
    static int verify_one(X509_STORE_CTX* chain, void* self);
    static int verify_shared(X509_STORE_CTX* chain, void* nothing);
    static int note(int good, X509_STORE_CTX* chain);
    int verify(X509_STORE_CTX* chain);
    void look_at(X509_STORE_CTX* chain);
    void note_end(X509_STORE_CTX* chain);

    CertificateCache& cache_;
    std::optional<check::TlsFacts> facts_;
    Verification verification_ = Verification::enforced;
};

}  // namespace sonde::agent
