// Any document as the spec of an HTTP monitor.
#include "lib/check/spec.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(http_spec) {
    const auto document = json::parse(fuzz::text(data, size));
    if (!document) return 0;
    const auto spec = check::read_spec(check::Kind::http, *document, "");
    if (!spec) {
        fuzz::require(!spec.error().empty(), "who refuses says why");
        for (const auto& problem : spec.error()) fuzz::require(!problem.detail.empty(), "and each reason is one");
        return 0;
    }
    const auto written = check::write_spec(*spec);
    const auto parsed = json::parse(json::dump(written));
    fuzz::require(parsed.ok(), "a spec that was written is a document");
    const auto again = check::read_spec(check::Kind::http, *parsed, "");
    fuzz::require(again.ok(), "the canonical form of a spec is a spec");
    fuzz::require(check::write_spec(*again) == written, "and the same one");
    return 0;
}
