#include "lib/check/http/judge.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

AssertionResult judge_status(const HttpSpec& spec, int status) {
    const bool accepted = spec.accept_status.contains(status);
    return {"status", spec.accept_status.text(), std::to_string(status), accepted ? Verdict::up : Verdict::down,
            accepted ? FailureClass::none : FailureClass::http_status};
}

}  // namespace

Judgement judge(const HttpSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    const auto* seen = observation.find<HttpFacts>();
    judgement.add(judge_status(spec, seen == nullptr ? 0 : seen->status));
    return judgement;
}

}  // namespace sonde::check
