#include "lib/check/judge.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

Judgement judge_http(const HttpSpec& spec, const Observation& observation) {
    if (observation.http_status == 0)
        return {Verdict::unknown, FailureClass::agent_error, "the probe reported neither an answer nor a failure"};
    if (!spec.accept_status.contains(observation.http_status)) {
        return {Verdict::down, FailureClass::http_status,
                fmt::format("answered {}, accepted is {}", observation.http_status, spec.accept_status.text())};
    }
    return {Verdict::up, FailureClass::none, ""};
}

}  // namespace

Judgement judge(const Spec& spec, const Observation& observation, TimePoint /*now*/) {
    const auto& failure = observation.failure;
    if (is_agents_fault(failure.cause)) return {Verdict::unknown, failure.cause, failure.message};
    if (failure.cause != FailureClass::none) return {Verdict::down, failure.cause, failure.message};
    return std::visit([&](const HttpSpec& http) { return judge_http(http, observation); }, spec);
}

}  // namespace sonde::check
