// What a TLS server showed of itself, and what there is against it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::check {

// Why a chain is not trusted for a name.
enum class Distrust : unsigned char {
    none,
    expired,
    not_yet_valid,
    self_signed,     // the server's own certificate vouches for itself
    unknown_issuer,  // the chain leads to no known authority, or a certificate of it is missing
    wrong_host,
    weak,     // a key or a signature below what the verifier takes
    revoked,  // says a stapled OCSP answer
    other,
};

struct CertificateFacts {
    std::string subject;  // RFC 2253, most specific first: `CN=example.com,O=Example`
    std::string issuer;
    TimePoint not_before;
    TimePoint not_after;
    std::vector<std::string> names;  // alternative ones, `DNS:example.com`, `IP:192.0.2.1`, at most 100
    int names_left_out = 0;
    std::string serial;     // hexadecimal
    std::string key_type;   // `RSA`, `EC`, `ED25519`
    int key_bits = 0;
    std::string signature;    // `sha256WithRSAEncryption`
    std::string digest;       // of the signature: `SHA256`; empty where the algorithm has none of its own
    std::string fingerprint;  // SHA-256 of the certificate, 64 hexadecimal digits

    [[nodiscard]] bool is_self_issued() const { return subject == issuer; }
};

// One thing a verifier has against a chain.
struct Doubt {
    Distrust why = Distrust::none;
    int depth = 0;      // 0 is the server's own certificate
    std::string words;  // OpenSSL's
};

struct TlsFacts {
    CertificateFacts certificate;           // the server's own
    std::vector<CertificateFacts> issuers;  // the rest of the chain as received, at most 9
    std::string protocol;                   // `TLSv1.3`
    std::string cipher;                     // OpenSSL's name
    bool verified = false;                  // it was looked for doubts; they may be none
    std::vector<Doubt> doubts;              // the gravest first
    std::optional<TimePoint> trusted_until{};  // when the first certificate of the chain that was found ends, authority included; without doubts only
};

Json write(const CertificateFacts& facts);
// Full: with the chain and all names.
Json write(const TlsFacts& facts, bool full);
// What stays as it is until the certificate is renewed: the version, and of the server's own certificate who it is and how long it lasts.
Json write_constant(const TlsFacts& facts);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Distrust> {
    static constexpr std::array<std::string_view, 9> names{"none",       "expired", "not_yet_valid", "self_signed", "unknown_issuer",
                                                           "wrong_host", "weak",    "revoked",       "other"};
};
