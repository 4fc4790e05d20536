// Certificates made for a test, and a TLS server that shows them.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "tests/integration/agent/raw_server.h"

namespace sonde::test {

struct FreeKey {
    void operator()(EVP_PKEY* key) const;
};
struct FreeCertificate {
    void operator()(X509* certificate) const;
};

struct Certificate {
    std::unique_ptr<EVP_PKEY, FreeKey> key;
    std::unique_ptr<X509, FreeCertificate> x509;
    [[nodiscard]] std::string pem() const;
    [[nodiscard]] std::string key_pem() const;
};

struct CertificateRequest {
    std::string common_name;
    std::string names;            // `DNS:localhost,IP:127.0.0.1`; none if empty
    long valid_from_s = -86'400;  // relative to now
    long valid_to_s = 86'400;
    bool is_authority = false;
};

// Signed by `issuer`, or by itself.
Certificate make_certificate(const CertificateRequest& request, const Certificate* issuer = nullptr);

// Answers every request with `answer` over TLS; `settings` may change how.
class TlsServer {
public:
    TlsServer(const Certificate& certificate, std::string answer, const std::function<void(SSL_CTX*)>& settings = {});
    ~TlsServer();
    [[nodiscard]] int port() const { return server_->port(); }

private:
    struct FreeContext {
        void operator()(SSL_CTX* context) const;
    };
    std::unique_ptr<SSL_CTX, FreeContext> context_;
    std::unique_ptr<RawServer> server_;
};

}  // namespace sonde::test
