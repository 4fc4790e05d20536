#include "lib/check/spec.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(dns_spec) {
    const auto document = json::parse(fuzz::text(data, size));
    if (!document) return 0;
    const auto spec = check::read_spec(check::Kind::dns, *document, "");
    if (!spec) {
        fuzz::require(!spec.error().empty(), "what is refused has a reason");
        return 0;
    }
    const auto canonical = check::write_spec(*spec);
    const auto again = check::read_spec(check::Kind::dns, canonical, "");
    fuzz::require(again.ok(), "the canonical form of a spec is a spec");
    fuzz::require(check::write_spec(*again) == canonical, "and its own canonical form");
    return 0;
}
