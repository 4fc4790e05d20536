#include "probe-agent/probe/tls/certificate_facts.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(certificate) {
    const auto facts = agent::read_certificate(fuzz::text(data, size));
    if (!facts) return 0;
    fuzz::require(facts->fingerprint.size() == 64, "a certificate has a fingerprint");
    fuzz::require(facts->names.size() <= 100 && facts->subject.size() <= 512, "what is kept is bounded");
    const auto document = json::dump(check::write(*facts));
    fuzz::require(json::parse(document).ok(), "the facts are written as JSON that is read");
    return 0;
}
