#include "probe-agent/probe/tls/certificate.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

namespace sonde::agent {
namespace {

using check::Distrust;

constexpr std::size_t kMaxDoubts = 8;
constexpr int kMaxIssuers = 9;

Distrust meaning(int error) {
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED: return Distrust::expired;
        case X509_V_ERR_CERT_NOT_YET_VALID: return Distrust::not_yet_valid;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return Distrust::self_signed;
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_UNTRUSTED: return Distrust::unknown_issuer;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return Distrust::wrong_host;
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
        case X509_V_ERR_CA_MD_TOO_WEAK: return Distrust::weak;
        case X509_V_ERR_CERT_REVOKED: return Distrust::revoked;
        default: return Distrust::other;
    }
}

// Of several doubts the one that says most: what is broken in the chain before what is wrong with the name or the date of it.
int weight(Distrust why) {
    switch (why) {
        case Distrust::none: return 0;
        case Distrust::wrong_host: return 1;
        case Distrust::not_yet_valid: return 2;
        case Distrust::expired: return 3;
        case Distrust::weak: return 4;
        case Distrust::other: return 5;
        case Distrust::unknown_issuer: return 6;
        case Distrust::self_signed: return 7;
        case Distrust::revoked: return 8;
    }
    return 0;
}

SSL* connection_of(X509_STORE_CTX* chain) {
    return static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

// Where the watch is kept while its chain is verified.
int watch_index() {
    static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}  // namespace

void CertificateWatch::install(SSL_CTX* context, Verification verification) {
    verification_ = verification;
    SSL_CTX_set_cert_verify_callback(context, &CertificateWatch::verify_one, this);
}

void CertificateWatch::install_shared(SSL_CTX* context) {
    SSL_CTX_set_cert_verify_callback(context, &CertificateWatch::verify_shared, nullptr);
}

void CertificateWatch::attach(SSL* connection, Verification verification) {
    verification_ = verification;
    SSL_set_app_data(connection, this);
}

void CertificateWatch::reset() { facts_.reset(); }

int CertificateWatch::verify_one(X509_STORE_CTX* chain, void* self) { return static_cast<CertificateWatch*>(self)->verify(chain); }

int CertificateWatch::verify_shared(X509_STORE_CTX* chain, void* /*nothing*/) {
    const SSL* connection = connection_of(chain);
    auto* const watch = connection == nullptr ? nullptr : static_cast<CertificateWatch*>(SSL_get_app_data(connection));
    return watch == nullptr ? 0 : watch->verify(chain);
}

int CertificateWatch::verify(X509_STORE_CTX* chain) {
    look_at(chain);
    if (verification_ == Verification::off) return 1;
    facts_->verified = true;
    X509_STORE_CTX_set_ex_data(chain, watch_index(), this);
    X509_STORE_CTX_set_verify_cb(chain, &CertificateWatch::note);
    // An error that was no doubt of a certificate, such as a lack of memory.
    if (X509_verify_cert(chain) != 1 && facts_->doubts.empty()) {
        add({Distrust::other, 0, X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain))});
    }
    if (facts_->doubts.empty()) note_end(chain);
    if (facts_->doubts.empty() || verification_ == Verification::recorded) {
        X509_STORE_CTX_set_error(chain, X509_V_OK);
        return 1;
    }
    return 0;
}

// Goes on after each error, so that none hides another.
int CertificateWatch::note(int good, X509_STORE_CTX* chain) {
    if (good == 1) return 1;
    auto* const watch = static_cast<CertificateWatch*>(X509_STORE_CTX_get_ex_data(chain, watch_index()));
    const int error = X509_STORE_CTX_get_error(chain);
    watch->add({meaning(error), std::max(X509_STORE_CTX_get_error_depth(chain), 0), X509_verify_cert_error_string(error)});
    return 1;
}

void CertificateWatch::look_at(X509_STORE_CTX* chain) {
    facts_.emplace();
    if (const X509* leaf = X509_STORE_CTX_get0_cert(chain); leaf != nullptr) facts_->certificate = cache_.find(leaf);
    STACK_OF(X509)* const received = X509_STORE_CTX_get0_untrusted(chain);  // the server's own first
    for (int i = 1; i < std::min(sk_X509_num(received), kMaxIssuers + 1); ++i) {
        facts_->issuers.push_back(cache_.find(sk_X509_value(received, i)));
    }
    if (const SSL* connection = connection_of(chain); connection != nullptr) {
        facts_->protocol = SSL_get_version(connection);
        const auto* cipher = SSL_get_pending_cipher(connection);
        if (cipher != nullptr) facts_->cipher = SSL_CIPHER_get_name(cipher);
    }
}

// Of the chain that was built, which is not always the one received.
void CertificateWatch::note_end(X509_STORE_CTX* chain) {
    STACK_OF(X509)* const built = X509_STORE_CTX_get0_chain(chain);
    for (int i = 0; i < sk_X509_num(built); ++i) {
        const auto end = cache_.find(sk_X509_value(built, i)).not_after;
        facts_->trusted_until = std::min(facts_->trusted_until.value_or(end), end);
    }
}

void CertificateWatch::add(check::Doubt doubt) {
    auto& doubts = facts_->doubts;
    const auto same = [&](const check::Doubt& other) { return other.why == doubt.why && other.depth == doubt.depth; };
    if (doubts.size() >= kMaxDoubts || std::any_of(doubts.begin(), doubts.end(), same)) return;
    const auto place =
        std::find_if(doubts.begin(), doubts.end(), [&](const check::Doubt& other) { return weight(other.why) < weight(doubt.why); });
    doubts.insert(place, std::move(doubt));
}

Distrust CertificateWatch::distrust() const {
    return !facts_ || facts_->doubts.empty() ? Distrust::none : facts_->doubts.front().why;
}

std::string CertificateWatch::describe_error() const {
    if (distrust() == Distrust::none) return {};
    const auto& doubt = facts_->doubts.front();
    const auto& leaf = facts_->certificate;
    auto text = fmt::format("{} (subject {}, issuer {}, valid until {})", doubt.words, leaf.subject, leaf.issuer, to_rfc3339(leaf.not_after));
    if (doubt.depth > 0) text += fmt::format(", at depth {} of the chain", doubt.depth);
    return text;
}

}  // namespace sonde::agent
