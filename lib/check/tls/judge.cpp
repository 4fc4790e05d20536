#include "lib/check/tls/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sonde::check {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

// The gravest doubt of those that are, or are not, about the name.
const Doubt* first_doubt(const TlsFacts& facts, bool about_name) {
    const auto found = std::find_if(facts.doubts.begin(), facts.doubts.end(),
                                    [&](const Doubt& doubt) { return (doubt.why == Distrust::wrong_host) == about_name; });
    return found == facts.doubts.end() ? nullptr : &*found;
}

AssertionResult judge_trust(const TlsFacts& facts) {
    const auto* doubt = first_doubt(facts, false);
    if (doubt == nullptr) return result_of("certificate chain", "trusted", "trusted", true, FailureClass::none);
    auto found = fmt::format("{}: {} ({})", name_of(doubt->why), doubt->words, facts.certificate.issuer);
    if (doubt->depth > 0) found += fmt::format(", at depth {}", doubt->depth);
    return result_of("certificate chain", "trusted", std::move(found), false, class_of(doubt->why));
}

std::string names_of(const CertificateFacts& certificate) {
    if (certificate.names.empty()) return certificate.subject;
    return fmt::format("{}", fmt::join(certificate.names, ", "));
}

AssertionResult judge_name(const TlsSpec& spec, const TlsFacts& facts) {
    return result_of("certificate name", spec.name(), names_of(facts.certificate), first_doubt(facts, true) == nullptr, FailureClass::tls_hostname);
}

std::string remaining(const CertificateFacts& certificate, TimePoint now) {
    const auto until = to_rfc3339(certificate.not_after);
    if (now < certificate.not_before) return fmt::format("not valid before {}", to_rfc3339(certificate.not_before));
    if (now >= certificate.not_after) return fmt::format("expired since {}", until);
    return fmt::format("{} days left, until {}", std::chrono::floor<Days>(certificate.not_after - now).count(), until);
}

AssertionResult judge_validity(const TlsSpec& spec, const CertificateFacts& certificate, TimePoint now) {
    const auto left = certificate.not_after - now;
    const bool is_valid = now >= certificate.not_before && left > milliseconds{0};
    return result_of("certificate validity", fmt::format("valid, with at least {} days left", spec.critical_days), remaining(certificate, now),
                  is_valid && left >= Days{spec.critical_days}, FailureClass::tls_expired);
}

// OpenSSL's names: `TLSv1` to `TLSv1.3`.
std::optional<TlsVersion> version_named(std::string_view protocol) {
    if (protocol == "TLSv1") return TlsVersion::tls_1_0;
    return protocol.starts_with("TLSv") ? from_name<TlsVersion>(protocol.substr(4)) : std::nullopt;
}

AssertionResult judge_version(const TlsSpec& spec, const TlsFacts& facts) {
    const auto version = version_named(facts.protocol);
    return result_of("protocol", fmt::format("TLSv{} or later", name_of(spec.min_version)), facts.protocol, version && *version >= spec.min_version,
                  FailureClass::tls_handshake);
}

bool is_on_curve(const CertificateFacts& certificate) {
    return certificate.key_type == "EC" || certificate.key_type.starts_with("ED") || certificate.key_type == "SM2";
}

template <class Holds>
const CertificateFacts* first_bad(const TlsFacts& facts, Holds holds) {
    if (!holds(facts.certificate)) return &facts.certificate;
    const auto found = std::find_if_not(facts.issuers.begin(), facts.issuers.end(), holds);
    return found == facts.issuers.end() ? nullptr : &*found;
}

AssertionResult judge_keys(const TlsSpec& spec, const TlsFacts& facts) {
    const auto* weak = first_bad(facts, [&](const CertificateFacts& certificate) {
        return certificate.key_bits >= (is_on_curve(certificate) ? spec.min_ec_bits : spec.min_rsa_bits);
    });
    const auto& shown = weak == nullptr ? facts.certificate : *weak;
    return result_of("certificate keys", fmt::format("at least {} bits, {} on a curve", spec.min_rsa_bits, spec.min_ec_bits),
                  fmt::format("{} with {} bits ({})", shown.key_type, shown.key_bits, shown.subject), weak == nullptr, FailureClass::tls_untrusted);
}

// What a root says of itself is not relied on.
AssertionResult judge_signatures(const TlsFacts& facts) {
    const auto* weak = first_bad(facts, [&](const CertificateFacts& certificate) {
        const bool is_root = certificate.is_self_issued() && &certificate != &facts.certificate;
        return is_root || (!certificate.digest.starts_with("MD") && certificate.digest != "SHA1");
    });
    const auto& shown = weak == nullptr ? facts.certificate : *weak;
    return result_of("certificate signatures", "neither MD5 nor SHA-1", fmt::format("{} ({})", shown.signature, shown.subject), weak == nullptr,
                  FailureClass::tls_untrusted);
}

AssertionResult judge_fingerprint(const TlsSpec& spec, const CertificateFacts& certificate) {
    const bool is_known = std::find(spec.fingerprints.begin(), spec.fingerprints.end(), certificate.fingerprint) != spec.fingerprints.end();
    return result_of("certificate fingerprint", fmt::format("{}", fmt::join(spec.fingerprints, " or ")), certificate.fingerprint, is_known,
                  FailureClass::assertion);
}

}  // namespace

FailureClass class_of(Distrust why) {
    switch (why) {
        case Distrust::none: return FailureClass::none;
        case Distrust::expired:
        case Distrust::not_yet_valid: return FailureClass::tls_expired;
        case Distrust::wrong_host: return FailureClass::tls_hostname;
        case Distrust::self_signed:
        case Distrust::unknown_issuer:
        case Distrust::weak:
        case Distrust::revoked:
        case Distrust::other: return FailureClass::tls_untrusted;
    }
    return FailureClass::tls_untrusted;
}

Judgement judge(const TlsSpec& spec, const Observation& observation, TimePoint now) {
    auto judgement = all_well();
    static const TlsFacts kNothing;
    const auto& facts = observation.tls ? *observation.tls : kNothing;
    if (spec.verify) {
        judgement.add(judge_trust(facts));
        judgement.add(judge_name(spec, facts));
    }
    judgement.add(judge_validity(spec, facts.certificate, now));
    if (!spec.warn_days.days.empty()) judgement.add(judge_warnings(spec.warn_days, facts.certificate.not_after, now));
    judgement.add(judge_version(spec, facts));
    judgement.add(judge_keys(spec, facts));
    if (!spec.allow_weak_signature) judgement.add(judge_signatures(facts));
    if (!spec.fingerprints.empty()) judgement.add(judge_fingerprint(spec, facts.certificate));
    return judgement;
}

}  // namespace sonde::check
