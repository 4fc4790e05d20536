// Certificates made for a test, and a TLS server that shows them.
#pragma once

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

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
    int rsa_bits = 0;          // 0: a key on P-256
    bool signs_sha1 = false;
};

// Signed by `issuer`, or by itself.
Certificate make_certificate(const CertificateRequest& request, const Certificate* issuer = nullptr);

// What a server shows besides its certificate, and speaks.
struct TlsSetup {
    const Certificate* intermediate = nullptr;  // sent along; must outlive the server
    int only_version = 0;                       // TLS1_VERSION …; 0: whatever is usual
    std::string stapled{};                      // an OCSP response in DER; none if empty
    std::function<void(SSL_CTX*)> settings{};   // may change whatever else there is
};

// An OCSP response about `certificate` by its issuer.
std::string ocsp_response(const Certificate& certificate, const Certificate& issuer, bool is_revoked);

// A server's end of a connection over TLS, on a socket that it does not own.
class TlsEnd {
public:
    TlsEnd(SSL_CTX* context, int fd);
    ~TlsEnd();
    TlsEnd(const TlsEnd&) = delete;
    TlsEnd& operator=(const TlsEnd&) = delete;
    [[nodiscard]] bool is_up() const { return is_up_; }
    std::string read();  // what comes next; empty at the end
    void write(std::string_view bytes);
    void close();

private:
    SSL* ssl_;
    bool is_up_;
};

// Answers every request with `answer` over TLS.
class TlsServer {
public:
    using Talk = std::function<void(TlsEnd&)>;
    using Clear = std::function<bool(int fd)>;

    TlsServer(const Certificate& certificate, std::string answer, const TlsSetup& setup = {});
    // Talks in clear first, where there is something to say; false ends the connection there.
    TlsServer(const Certificate& certificate, Talk talk, const TlsSetup& setup = {}, Clear clear = nullptr);
    ~TlsServer();
    [[nodiscard]] int port() const { return server_->port(); }

private:
    struct FreeContext {
        void operator()(SSL_CTX* context) const;
    };
    std::string stapled_;
    std::unique_ptr<SSL_CTX, FreeContext> context_;
    std::unique_ptr<RawServer> server_;
};

}  // namespace sonde::test
