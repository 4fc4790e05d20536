#include "lib/check/http/judge.h"

#include "lib/check/http/evaluation.h"

namespace sonde::check {
namespace {

AssertionResult judge_status(const HttpSpec& spec, int status) {
    const bool accepted = spec.accept_status.contains(status);
    return {"status", spec.accept_status.text(), std::to_string(status), accepted ? Verdict::up : Verdict::down,
            accepted ? FailureClass::none : FailureClass::http_status};
}

// What nobody had to ask for: a certificate that is trusted, and will soon not be.
AssertionResult judge_certificate(int warn_days, TimePoint not_after, TimePoint now) {
    const auto finding = judge_days_left(not_after, warn_days, now);
    return {"certificate", "at least " + std::to_string(warn_days) + " days left", finding.found,
            finding.cause == FailureClass::none ? Verdict::up : Verdict::degraded, finding.cause};
}

}  // namespace

Judgement judge(const HttpSpec& spec, const Observation& observation, TimePoint now) {
    static const HttpFacts kNothing;
    const auto* seen = observation.find<HttpFacts>();
    if (seen == nullptr) seen = &kNothing;
    auto judgement = all_well();
    judgement.add(judge_status(spec, seen->status));
    if (spec.tls_verify && spec.certificate_warn_days > 0 && observation.tls) {
        judgement.add(judge_certificate(spec.certificate_warn_days, observation.tls->certificate.not_after, now));
    }
    if (spec.assertions.empty()) return judgement;
    AssertionEvaluation evaluation(observation, *seen, now);
    for (const auto& assertion : spec.assertions) judgement.add(evaluation.judge(assertion));
    return judgement;
}

}  // namespace sonde::check
