// The client's end of one TLS connection, over memory: no socket, no waiting.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/check/observation.h"
#include "lib/check/tls/spec.h"
#include "probe-agent/probe/tls/certificate.h"

namespace sonde::agent {

struct TlsRequest {
    SSL_CTX* context = nullptr;  // of TlsContexts; need not outlive the session
    std::string server_name;     // asked for, and what the certificate must be for: a name, or an address, which is not sent
    Verification verification = Verification::enforced;
    std::optional<check::TlsVersion> min_version = check::TlsVersion::tls_1_2;  // none: whatever the server speaks, however weak
    CertificateCache* certificates = nullptr;  // must outlive the session
    std::string alpn{};          // the one protocol offered (RFC 7301), at most 255 bytes; empty: none
};

// Ciphertext in, plain text out, and the other way. Not thread-safe.
class TlsSession {
public:
    // Throws std::bad_alloc.
    TlsSession(const TlsRequest& request, std::string peer);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    struct Step {
        std::string plain;     // what the server said
        bool ended = false;    // it closes the connection in good order
        check::Failure failure;
    };
    // Takes what came from the server, nothing for the first move.
    Step feed(std::string_view ciphertext);
    // Encrypts. Only once `is_up`.
    void send(std::string_view plain);
    // Says goodbye, if there is anybody to say it to.
    void close();
    // What is to be sent to the server. Empty if nothing.
    std::string take_output();

    [[nodiscard]] bool is_up() const { return is_up_; }
    // The protocol that was agreed on; empty if none.
    [[nodiscard]] std::string alpn() const;
    [[nodiscard]] const std::optional<check::TlsFacts>& facts() const { return watch_.facts(); }

private:
    void set_up(const TlsRequest& request);
    check::Failure broken(int code);
    void read_all(Step& step);
    void read_stapled();

    std::string peer_;
    std::string server_name_;
    CertificateWatch watch_;
    SSL* ssl_ = nullptr;
    bool is_up_ = false;
};

}  // namespace sonde::agent
