#include "probe-agent/probe/tls/certificate_facts.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

namespace sonde::agent {
namespace {

constexpr std::size_t kMaxName = 512;
constexpr std::size_t kMaxNames = 100;
constexpr int kMaxSerialBytes = 64;  // RFC 5280 asks for 20 at most

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* owned) const {
        Free(owned);
    }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;

std::string hex(const unsigned char* bytes, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(count * 2);
    for (std::size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

// `CN=example.com,O=Example`, RFC 2253, most specific first.
std::string name_text(const X509_NAME* name) {
    const Owned<BIO, BIO_free> out(BIO_new(BIO_s_mem()));
    if (out == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
    char* text = nullptr;
    const auto length = BIO_get_mem_data(out.get(), &text);
    return {text, std::min(static_cast<std::size_t>(std::max(length, 0L)), kMaxName)};
}

TimePoint instant(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return TimePoint{seconds{timegm(&parts)}};
}

std::string text_of(const ASN1_STRING* string) {
    const auto length = static_cast<std::size_t>(std::max(ASN1_STRING_length(string), 0));
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)), std::min(length, kMaxName)};
}

std::string address_text(const ASN1_STRING* string) {
    const int length = ASN1_STRING_length(string);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (length != 4 && length != 16) return "?";
    inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(string), text.data(), text.size());
    return text.data();
}

std::string alternative_name(const GENERAL_NAME* name) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(name, &kind);
    if (value == nullptr) return "other";
    switch (kind) {
        case GEN_DNS: return "DNS:" + text_of(static_cast<const ASN1_STRING*>(value));
        case GEN_EMAIL: return "email:" + text_of(static_cast<const ASN1_STRING*>(value));
        case GEN_URI: return "URI:" + text_of(static_cast<const ASN1_STRING*>(value));
        case GEN_IPADD: return "IP:" + address_text(static_cast<const ASN1_STRING*>(value));
        case GEN_DIRNAME: return "DirName:" + name_text(static_cast<const X509_NAME*>(value));
        default: return "other";
    }
}

void read_names(const X509* certificate, check::CertificateFacts& facts) {
    const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    if (names == nullptr) return;
    const auto count = static_cast<std::size_t>(std::max(sk_GENERAL_NAME_num(names.get()), 0));
    for (std::size_t i = 0; i < std::min(count, kMaxNames); ++i) {
        facts.names.push_back(alternative_name(sk_GENERAL_NAME_value(names.get(), static_cast<int>(i))));
    }
    facts.names_left_out = static_cast<int>(count - facts.names.size());
}

void read_key(const X509* certificate, check::CertificateFacts& facts) {
    const EVP_PKEY* key = X509_get0_pubkey(certificate);
    if (key == nullptr) return;  // of an algorithm OpenSSL does not know
    const char* type = EVP_PKEY_get0_type_name(key);
    facts.key_type = type == nullptr ? "" : type;
    facts.key_bits = EVP_PKEY_get_bits(key);
}

void read_signature(X509* certificate, check::CertificateFacts& facts) {
    int digest = NID_undef;
    int unused = 0;
    const int algorithm = X509_get_signature_nid(certificate);
    if (const char* name = OBJ_nid2ln(algorithm); name != nullptr) facts.signature = name;
    // Knows what stands in the parameters of RSA-PSS, too.
    if (X509_get_signature_info(certificate, &digest, &unused, nullptr, nullptr) != 1) OBJ_find_sigid_algs(algorithm, &digest, &unused);
    if (digest == NID_undef) return;
    if (const char* name = OBJ_nid2sn(digest); name != nullptr) facts.digest = name;
}

std::string serial_text(const X509* certificate) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
    const auto length = static_cast<std::size_t>(std::clamp(ASN1_STRING_length(serial), 0, kMaxSerialBytes));
    return hex(ASN1_STRING_get0_data(serial), length);
}

std::string raw_fingerprint(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
    return {reinterpret_cast<const char*>(digest.data()), length};
}

check::CertificateFacts facts_of(X509* certificate, const std::string& fingerprint) {
    check::CertificateFacts facts;
    facts.subject = name_text(X509_get_subject_name(certificate));
    facts.issuer = name_text(X509_get_issuer_name(certificate));
    facts.not_before = instant(X509_get0_notBefore(certificate));
    facts.not_after = instant(X509_get0_notAfter(certificate));
    read_names(certificate, facts);
    facts.serial = serial_text(certificate);
    read_key(certificate, facts);
    read_signature(certificate, facts);
    facts.fingerprint = hex(reinterpret_cast<const unsigned char*>(fingerprint.data()), fingerprint.size());
    return facts;
}

}  // namespace

std::optional<check::CertificateFacts> read_certificate(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    const Owned<X509, X509_free> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (certificate == nullptr || at != end) return std::nullopt;
    return facts_of(certificate.get(), raw_fingerprint(certificate.get()));
}

const check::CertificateFacts& CertificateCache::find(const X509* certificate) {
    auto key = raw_fingerprint(certificate);
    if (const auto* known = known_.find(key)) return *known;
    unsigned char* der = nullptr;
    const int length = i2d_X509(certificate, &der);
    std::optional<check::CertificateFacts> facts;
    if (length > 0) facts = read_certificate({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
    OPENSSL_free(der);
    if (!facts) {
        facts.emplace();
        facts->fingerprint = hex(reinterpret_cast<const unsigned char*>(key.data()), key.size());
    }
    return known_.add(std::move(key), std::move(*facts));
}

}  // namespace sonde::agent
