#include "probe-agent/probe/tls/stapled.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include <memory>

namespace sonde::agent {
namespace {

constexpr long kSkewSeconds = 300;

struct Free {
    void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
    void operator()(OCSP_BASICRESP* response) const { OCSP_BASICRESP_free(response); }
    void operator()(OCSP_CERTID* id) const { OCSP_CERTID_free(id); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// The certificate after the server's own in `chain`, if it is the issuer.
X509* issuer_in(STACK_OF(X509)* chain) {
    if (sk_X509_num(chain) < 2) return nullptr;
    X509* const issuer = sk_X509_value(chain, 1);
    return X509_check_issued(issuer, sk_X509_value(chain, 0)) == X509_V_OK ? issuer : nullptr;
}

// The verified chain reaches the authorities; without one there may still be what the server sent.
X509* issuer_of(SSL* connection) {
    X509* const issuer = issuer_in(SSL_get0_verified_chain(connection));
    return issuer != nullptr ? issuer : issuer_in(SSL_get_peer_cert_chain(connection));
}

std::optional<std::string> revoked(SSL* connection) {
    const unsigned char* bytes = nullptr;
    const long length = SSL_get_tlsext_status_ocsp_resp(connection, &bytes);
    X509* const issuer = issuer_of(connection);
    if (length <= 0 || bytes == nullptr || issuer == nullptr) return std::nullopt;
    const Owned<OCSP_RESPONSE> response(d2i_OCSP_RESPONSE(nullptr, &bytes, length));
    if (response == nullptr || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return std::nullopt;
    const Owned<OCSP_BASICRESP> answer(OCSP_response_get1_basic(response.get()));
    if (answer == nullptr) return std::nullopt;
    STACK_OF(X509)* const helpers = SSL_get_peer_cert_chain(connection);
    if (OCSP_basic_verify(answer.get(), helpers, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(connection)), 0) != 1) return std::nullopt;
    const Owned<OCSP_CERTID> id(OCSP_cert_to_id(nullptr, SSL_get0_peer_certificate(connection), issuer));
    int status = V_OCSP_CERTSTATUS_UNKNOWN;
    int reason = OCSP_REVOKED_STATUS_NOSTATUS;
    ASN1_GENERALIZEDTIME* revoked_at = nullptr;
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    if (id == nullptr || OCSP_resp_find_status(answer.get(), id.get(), &status, &reason, &revoked_at, &from, &until) != 1) return std::nullopt;
    if (status != V_OCSP_CERTSTATUS_REVOKED || OCSP_check_validity(from, until, kSkewSeconds, -1) != 1) return std::nullopt;
    if (reason == OCSP_REVOKED_STATUS_NOSTATUS) return "certificate revoked, says the stapled OCSP answer";
    return std::string("certificate revoked, says the stapled OCSP answer: ") + OCSP_crl_reason_str(reason);
}

}  // namespace

std::optional<std::string> revoked_by_staple(SSL* connection) {
    auto why = revoked(connection);
    ERR_clear_error();
    return why;
}

}  // namespace sonde::agent
