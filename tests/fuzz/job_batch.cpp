#include "lib/message/job.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(job_batch) {
    const auto batch = message::read_job_batch(fuzz::text(data, size));
    if (!batch) return 0;
    for (const auto& job : batch->jobs) {
        const auto document = json::parse(job.spec);
        if (!document) continue;  // the envelope is read without looking into the specs: who makes a target of one finds out
        if (const auto spec = check::read_spec(job.kind, *document, "")) {
            const auto again = check::read_spec(job.kind, check::write_spec(*spec), "");
            fuzz::require(again.ok(), "the canonical form of a spec is a spec");
        }
        json::Problems problems;
        const auto whole = check::substitute(*document, job.secrets, "", problems);
        if (!problems.empty()) continue;
        const auto spec = check::read_spec(job.kind, whole, "");
        if (!spec) continue;
        const auto written = check::write_spec(*spec);
        const auto named = check::restore(written, *document, job.secrets, "", problems);
        if (!problems.empty()) continue;
        fuzz::require(check::substitute(named, job.secrets, "", problems) == written, "names stand for the values that were taken out");
    }
    return 0;
}
