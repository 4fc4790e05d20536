#include "lib/check/tls/facts.h"

namespace sonde::check {
namespace {

constexpr std::size_t kBriefNames = 5;

Json write_names(const CertificateFacts& facts, std::size_t most) {
    Json list = Json::array();
    for (const auto& name : facts.names) {
        if (list.size() == most) break;
        list.push_back(json::clean_utf8(name));
    }
    return list;
}

Json write(const CertificateFacts& facts, std::size_t most_names) {
    Json document{{"subject", json::clean_utf8(facts.subject)},
                  {"issuer", json::clean_utf8(facts.issuer)},
                  {"not_before", to_rfc3339(facts.not_before)},
                  {"not_after", to_rfc3339(facts.not_after)},
                  {"names", write_names(facts, most_names)}};
    document["names_left_out"] = static_cast<std::size_t>(facts.names_left_out) + facts.names.size() - document["names"].size();
    document["serial"] = facts.serial;
    document["key_type"] = facts.key_type;
    document["key_bits"] = facts.key_bits;
    document["signature"] = json::clean_utf8(facts.signature);
    document["fingerprint"] = facts.fingerprint;
    return document;
}

}  // namespace

Json write(const CertificateFacts& facts) { return write(facts, facts.names.size()); }

Json write(const TlsFacts& facts, bool full) {
    Json document{{"certificate", full ? write(facts.certificate) : write(facts.certificate, kBriefNames)}};
    document["protocol"] = facts.protocol;
    document["cipher"] = facts.cipher;
    if (facts.verified) {
        document["trusted"] = facts.doubts.empty();
        auto& doubts = document["doubts"] = Json::array();
        for (const auto& doubt : facts.doubts) {
            doubts.push_back({{"reason", name_of(doubt.why)}, {"depth", doubt.depth}, {"message", json::clean_utf8(doubt.words)}});
        }
    }
    if (!full) return document;
    auto& issuers = document["issuers"] = Json::array();
    for (const auto& issuer : facts.issuers) issuers.push_back(write(issuer, kBriefNames));
    return document;
}

Json write_constant(const TlsFacts& facts) {
    const auto& certificate = facts.certificate;
    return {{"protocol", facts.protocol},
            {"certificate",
             {{"subject", json::clean_utf8(certificate.subject)},
              {"issuer", json::clean_utf8(certificate.issuer)},
              {"not_after", to_rfc3339(certificate.not_after)},
              {"fingerprint", certificate.fingerprint}}}};
}

}  // namespace sonde::check
