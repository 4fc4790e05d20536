#include "lib/check/http/judge.h"

#include "lib/check/http/evaluation.h"

namespace sonde::check {
namespace {

AssertionResult judge_status(const HttpSpec& spec, int status) {
    const bool accepted = spec.accept_status.contains(status);
    return {"status", spec.accept_status.text(), std::to_string(status), accepted ? Verdict::up : Verdict::down,
            accepted ? FailureClass::none : FailureClass::http_status};
}

}  // namespace

Judgement judge(const HttpSpec& spec, const Observation& observation, TimePoint now) {
    static const HttpFacts kNothing;
    const auto* seen = observation.find<HttpFacts>();
    if (seen == nullptr) seen = &kNothing;
    auto judgement = all_well();
    judgement.add(judge_status(spec, seen->status));
    // What nobody had to ask for: a certificate that is trusted, and will soon not be.
    if (spec.tls_verify && !spec.certificate_warn_days.days.empty() && observation.tls) {
        judgement.add(judge_warnings(spec.certificate_warn_days, observation.tls->certificate.not_after, now));
    }
    if (spec.assertions.empty()) return judgement;
    AssertionEvaluation evaluation(observation, *seen, now);
    for (const auto& assertion : spec.assertions) judgement.add(evaluation.judge(assertion));
    return judgement;
}

}  // namespace sonde::check
