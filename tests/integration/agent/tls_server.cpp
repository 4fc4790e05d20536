#include "tests/integration/agent/tls_server.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace sonde::test {
namespace {

std::string take_text(BIO* out) {
    char* text = nullptr;
    const auto length = BIO_get_mem_data(out, &text);
    std::string copy(text, static_cast<std::size_t>(length));
    BIO_free(out);
    return copy;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("cannot make a certificate extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

void FreeKey::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void FreeCertificate::operator()(X509* certificate) const { X509_free(certificate); }
void TlsServer::FreeContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

std::string Certificate::pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, x509.get());
    return take_text(out);
}

std::string Certificate::key_pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return take_text(out);
}

Certificate make_certificate(const CertificateRequest& request, const Certificate* issuer) {
    EVP_PKEY* const key = request.rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(request.rsa_bits));
    Certificate made{std::unique_ptr<EVP_PKEY, FreeKey>(key), std::unique_ptr<X509, FreeCertificate>(X509_new())};
    X509* const x509 = made.x509.get();
    static std::atomic<long> serial{1};
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509), request.valid_from_s);
    X509_gmtime_adj(X509_getm_notAfter(x509), request.valid_to_s);
    X509_set_pubkey(x509, made.key.get());
    auto* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(request.common_name.c_str()), -1,
                               -1, 0);
    X509* const signer = issuer == nullptr ? x509 : issuer->x509.get();
    X509_set_issuer_name(x509, X509_get_subject_name(signer));
    add_extension(x509, signer, NID_basic_constraints, request.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!request.names.empty()) add_extension(x509, signer, NID_subject_alt_name, request.names);
    if (X509_sign(x509, issuer == nullptr ? made.key.get() : issuer->key.get(), request.signs_sha1 ? EVP_sha1() : EVP_sha256()) == 0)
        throw std::runtime_error("cannot sign");
    return made;
}

std::string ocsp_response(const Certificate& certificate, const Certificate& issuer, bool is_revoked) {
    OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
    OCSP_CERTID* const id = OCSP_cert_to_id(nullptr, certificate.x509.get(), issuer.x509.get());
    ASN1_TIME* const now = X509_gmtime_adj(nullptr, 0);
    ASN1_TIME* const later = X509_gmtime_adj(nullptr, 3600);
    OCSP_basic_add1_status(basic, id, is_revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                           is_revoked ? now : nullptr, now, later);
    if (OCSP_basic_sign(basic, issuer.x509.get(), issuer.key.get(), EVP_sha256(), nullptr, 0) != 1) throw std::runtime_error("cannot sign OCSP");
    OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int length = i2d_OCSP_RESPONSE(response, &der);
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    return bytes;
}

TlsEnd::TlsEnd(SSL_CTX* context, int fd) : ssl_(SSL_new(context)) {
    SSL_set_fd(ssl_, fd);
    is_up_ = SSL_accept(ssl_) == 1;
}

TlsEnd::~TlsEnd() { SSL_free(ssl_); }

std::string TlsEnd::read() {
    char buffer[4096];
    const int got = SSL_read(ssl_, buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

void TlsEnd::write(std::string_view bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }

void TlsEnd::close() { SSL_shutdown(ssl_); }

TlsServer::TlsServer(const Certificate& certificate, std::string answer, const TlsSetup& setup)
    : TlsServer(
          certificate,
          [answer = std::move(answer)](TlsEnd& end) {
              if (end.read().empty()) return;
              end.write(answer);
              end.close();
          },
          setup) {}

TlsServer::TlsServer(const Certificate& certificate, Talk talk, const TlsSetup& setup, Clear clear) : context_(SSL_CTX_new(TLS_server_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the other side may have closed
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_use_certificate(context, certificate.x509.get());
    SSL_CTX_use_PrivateKey(context, certificate.key.get());
    if (setup.intermediate != nullptr) SSL_CTX_add1_chain_cert(context, setup.intermediate->x509.get());
    if (setup.only_version != 0) {
        SSL_CTX_set_min_proto_version(context, setup.only_version);
        SSL_CTX_set_max_proto_version(context, setup.only_version);
    }
    stapled_ = setup.stapled;
    if (!stapled_.empty()) {
        SSL_CTX_set_tlsext_status_arg(context, &stapled_);
        int (*const staple)(SSL*, void*) = [](SSL* ssl, void* bytes) {
            const auto& der = *static_cast<const std::string*>(bytes);
            void* const copy = OPENSSL_memdup(der.data(), der.size());
            SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(der.size()));
            return SSL_TLSEXT_ERR_OK;
        };
        // SSL_CTX_set_tlsext_status_cb, without its cast.
        SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, reinterpret_cast<void (*)()>(staple));
    }
    if (setup.settings) setup.settings(context);
    server_ = std::make_unique<RawServer>([context, talk = std::move(talk), clear = std::move(clear)](int fd) {
        if (clear != nullptr && !clear(fd)) return;
        TlsEnd end(context, fd);
        if (end.is_up()) return talk(end);
        // Why it is not is in an alert under way, which a reset for what nobody read would overtake.
        ::shutdown(fd, SHUT_WR);
        char rest[1024];
        while (::read(fd, rest, sizeof rest) > 0) {}
    });
}

TlsServer::~TlsServer() { server_.reset(); }

}  // namespace sonde::test
