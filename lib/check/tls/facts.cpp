#include "lib/check/tls/facts.h"

namespace sonde::check {

Json write(const CertificateFacts& facts) {
    return {{"subject", json::clean_utf8(facts.subject)},
            {"issuer", json::clean_utf8(facts.issuer)},
            {"not_before", to_rfc3339(facts.not_before)},
            {"not_after", to_rfc3339(facts.not_after)}};
}

Json write(const TlsFacts& facts, bool /*full*/) { return {{"certificate", write(facts.certificate)}}; }

}  // namespace sonde::check
