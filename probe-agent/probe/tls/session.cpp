#include "probe-agent/probe/tls/session.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include "lib/check/tls/judge.h"
#include "lib/net/guard.h"
#include "probe-agent/probe/tls/stapled.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

static_assert(TLS1_VERSION + static_cast<int>(check::TlsVersion::tls_1_3) == TLS1_3_VERSION);

constexpr int kModernLevel = 2;  // as Debian's default: 112 bits, no SHA-1

// The reason OpenSSL gives, without the names of its files; empties its queue.
std::string openssl_words() {
    const auto code = ERR_peek_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "it does not follow the protocol" : reason;
}

}  // namespace

TlsSession::TlsSession(const TlsRequest& request, std::string peer)
    : peer_(std::move(peer)), server_name_(request.server_name), watch_(*request.certificates), ssl_(SSL_new(request.context)) {
    if (ssl_ == nullptr) throw std::bad_alloc();
    set_up(request);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

void TlsSession::set_up(const TlsRequest& request) {
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    if (in == nullptr || out == nullptr) throw std::bad_alloc();
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl_, in, out);
    SSL_set_connect_state(ssl_);
    watch_.attach(ssl_, request.verification);
    if (request.min_version) {
        SSL_set_min_proto_version(ssl_, TLS1_VERSION + static_cast<int>(*request.min_version));
        // The old versions are made of what that level refuses.
        if (*request.min_version >= check::TlsVersion::tls_1_2) SSL_set_security_level(ssl_, kModernLevel);
    }
    SSL_set_tlsext_status_type(ssl_, TLSEXT_STATUSTYPE_ocsp);
    if (!request.alpn.empty()) {
        const auto offer = static_cast<char>(request.alpn.size()) + request.alpn;
        SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(offer.data()), static_cast<unsigned>(offer.size()));
    }
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl_);
    if (net::Address::parse(server_name_)) {
        X509_VERIFY_PARAM_set1_ip_asc(wanted, server_name_.c_str());
    } else {
        X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(wanted, server_name_.c_str(), server_name_.size());
        // SSL_set_tlsext_host_name, without its cast.
        SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, server_name_.data());
    }
}

std::string TlsSession::alpn() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_, &name, &length);
    return length == 0 ? std::string() : std::string(reinterpret_cast<const char*>(name), length);
}

TlsSession::Step TlsSession::feed(std::string_view ciphertext) {
    Step step;
    ERR_clear_error();
    if (!ciphertext.empty()) BIO_write(SSL_get_rbio(ssl_), ciphertext.data(), static_cast<int>(ciphertext.size()));
    if (!is_up_) {
        const int code = SSL_do_handshake(ssl_);
        if (code != 1) {
            const int why = SSL_get_error(ssl_, code);
            if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) step.failure = broken(why);
            return step;
        }
        is_up_ = true;
        read_stapled();
    }
    read_all(step);
    return step;
}

void TlsSession::read_all(Step& step) {
    std::array<char, 16 * 1024> buffer;
    while (true) {
        const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
        if (got > 0) {
            step.plain.append(buffer.data(), static_cast<std::size_t>(got));
            continue;
        }
        const int why = SSL_get_error(ssl_, got);
        if (why == SSL_ERROR_ZERO_RETURN) {
            step.ended = true;
        } else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            step.failure = broken(why);
        }
        return;
    }
}

// A stapled answer that says the certificate is revoked is one more doubt.
void TlsSession::read_stapled() {
    if (!watch_.facts() || !watch_.facts()->verified) return;
    if (const auto why = revoked_by_staple(ssl_)) watch_.add({check::Distrust::revoked, 0, *why});
}

check::Failure TlsSession::broken(int code) {
    if (!is_up_ && watch_.distrust() != check::Distrust::none) {
        ERR_clear_error();
        return {check::class_of(watch_.distrust()), fmt::format("the certificate of {} is refused: {}", server_name_, watch_.describe_error()), Phase::tls};
    }
    const auto words = code == SSL_ERROR_SSL ? openssl_words() : "it does not follow the protocol";
    return {FailureClass::tls_handshake, fmt::format("TLS with {} failed: {}", peer_, words), Phase::tls};
}

void TlsSession::send(std::string_view plain) {
    if (!is_up_) throw std::logic_error("sent before the TLS handshake was over");
    ERR_clear_error();
    while (!plain.empty()) {
        // Over memory it takes all, unless the session is broken, which the next `feed` tells.
        const int sent = SSL_write(ssl_, plain.data(), static_cast<int>(std::min<std::size_t>(plain.size(), 1 << 20)));
        if (sent <= 0) return;
        plain.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void TlsSession::close() {
    ERR_clear_error();
    if (is_up_) SSL_shutdown(ssl_);
    ERR_clear_error();
}

std::string TlsSession::take_output() {
    BIO* const out = SSL_get_wbio(ssl_);
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

}  // namespace sonde::agent
