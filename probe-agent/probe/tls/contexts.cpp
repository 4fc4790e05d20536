#include "probe-agent/probe/tls/contexts.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "probe-agent/probe/tls/certificate.h"

namespace sonde::agent {
namespace {

constexpr seconds kLookAgain{60};

// The bundle the HTTP check uses.
std::string system_bundle() {
    const auto* version = curl_version_info(CURLVERSION_NOW);
    return version->cainfo == nullptr ? "" : version->cainfo;
}

std::optional<std::int64_t> changed(const std::string& file) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) return std::nullopt;
    return static_cast<std::int64_t>(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec;
}

TlsContext new_context() {
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr) throw std::bad_alloc();
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), 0);
    SSL_CTX_set_cipher_list(context.get(), "ALL:!aNULL:!eNULL");
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // each check shakes hands in full
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    CertificateWatch::install_shared(context.get());
    return context;
}

Status add_authorities(SSL_CTX* context, const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    auto* const store = SSL_CTX_get_cert_store(context);
    int count = 0;
    while (X509* certificate = PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)) {
        X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        ++count;
    }
    ERR_clear_error();
    if (count == 0) return Error{"the `ca` of the check holds no certificate in PEM"};
    return Done{};
}

}  // namespace

void FreeTlsContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsContexts::TlsContexts(std::string ca_file, std::size_t capacity)
    : ca_file_(ca_file.empty() ? system_bundle() : std::move(ca_file)), of_specs_(capacity) {}

Result<SSL_CTX*> TlsContexts::find(const std::string& ca) {
    if (ca.empty()) return of_file();
    if (const auto* known = of_specs_.find(ca)) return known->get();
    auto context = new_context();
    if (const auto added = add_authorities(context.get(), ca); !added) return added.error();
    return of_specs_.add(ca, std::move(context)).get();
}

Result<SSL_CTX*> TlsContexts::of_file() {
    const auto now = std::chrono::steady_clock::now();
    if (system_ != nullptr && now - system_seen_ < kLookAgain) return system_.get();
    system_seen_ = now;
    const auto version = changed(ca_file_);
    // A file that is being replaced is read at the next look; until then what was read is as good as ever.
    if (system_ != nullptr && (!version || *version == system_changed_)) return system_.get();
    auto context = new_context();
    if (!version || SSL_CTX_load_verify_file(context.get(), ca_file_.c_str()) != 1) {
        ERR_clear_error();
        if (system_ != nullptr) return system_.get();
        return Error{fmt::format("cannot read the certificate authorities in {}: {}", ca_file_.empty() ? "no file" : ca_file_,
                                 version ? "no certificate in it" : std::strerror(ENOENT))};
    }
    system_ = std::move(context);
    system_changed_ = *version;
    return system_.get();
}

}  // namespace sonde::agent
