#include "tests/integration/agent/tls_server.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <csignal>
#include <stdexcept>

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
    Certificate made{std::unique_ptr<EVP_PKEY, FreeKey>(EVP_EC_gen("P-256")), std::unique_ptr<X509, FreeCertificate>(X509_new())};
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
    if (X509_sign(x509, issuer == nullptr ? made.key.get() : issuer->key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("cannot sign");
    return made;
}

TlsServer::TlsServer(const Certificate& certificate, std::string answer, const std::function<void(SSL_CTX*)>& settings)
    : context_(SSL_CTX_new(TLS_server_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the other side may have closed
    SSL_CTX_use_certificate(context_.get(), certificate.x509.get());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key.get());
    if (settings) settings(context_.get());
    server_ = std::make_unique<RawServer>([context = context_.get(), answer = std::move(answer)](int fd) {
        SSL* const ssl = SSL_new(context);
        SSL_set_fd(ssl, fd);
        char request[4096];
        if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0) {
            SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
            SSL_shutdown(ssl);
        }
        SSL_free(ssl);
    });
}

TlsServer::~TlsServer() { server_.reset(); }

}  // namespace sonde::test
