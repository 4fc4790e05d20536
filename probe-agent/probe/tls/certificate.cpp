#include "probe-agent/probe/tls/certificate.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <ctime>
#include <memory>

namespace sonde::agent {
namespace {

constexpr std::size_t kMaxName = 512;

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};

// `CN=example.com,O=Example`, RFC 2253, most specific first.
std::string name_text(const X509_NAME* name) {
    const std::unique_ptr<BIO, FreeBio> out(BIO_new(BIO_s_mem()));
    if (out == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
    char* text = nullptr;
    const auto length = BIO_get_mem_data(out.get(), &text);
    return {text, std::min(static_cast<std::size_t>(std::max(length, 0L)), kMaxName)};
}

TimePoint instant(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return TimePoint{seconds{timegm(&parts)}};
}

}  // namespace

void CertificateWatch::install(SSL_CTX* context, bool verify) {
    verify_ = verify;
    SSL_CTX_set_cert_verify_callback(context, &CertificateWatch::verify, this);
}

void CertificateWatch::reset() {
    leaf_.reset();
    error_ = X509_V_OK;
    depth_ = 0;
}

int CertificateWatch::verify(X509_STORE_CTX* chain, void* self) {
    auto& watch = *static_cast<CertificateWatch*>(self);
    if (const X509* leaf = X509_STORE_CTX_get0_cert(chain); leaf != nullptr) {
        watch.leaf_ = {name_text(X509_get_subject_name(leaf)), name_text(X509_get_issuer_name(leaf)),
                       instant(X509_get0_notBefore(leaf)), instant(X509_get0_notAfter(leaf))};
    }
    if (!watch.verify_) return 1;
    const int good = X509_verify_cert(chain);
    if (good != 1) {
        watch.error_ = X509_STORE_CTX_get_error(chain);
        watch.depth_ = X509_STORE_CTX_get_error_depth(chain);
    }
    return good;
}

std::string CertificateWatch::describe_error() const {
    if (error_ == X509_V_OK) return {};
    auto text = fmt::format("{}", X509_verify_cert_error_string(error_));
    if (leaf_)
        text +=
            fmt::format(" (subject {}, issuer {}, valid until {})", leaf_->subject, leaf_->issuer, to_rfc3339(leaf_->not_after));
    if (depth_ > 0) text += fmt::format(", at depth {} of the chain", depth_);
    return text;
}

}  // namespace sonde::agent
