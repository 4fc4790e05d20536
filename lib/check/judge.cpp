#include "lib/check/judge.h"

#include "lib/check/banner/judge.h"
#include "lib/check/dns/judge.h"
#include "lib/check/domain/judge.h"
#include "lib/check/drill/judge.h"
#include "lib/check/grpc/judge.h"
#include "lib/check/heartbeat/judge.h"
#include "lib/check/http/judge.h"
#include "lib/check/http/url_credentials.h"
#include "lib/check/tcp/judge.h"
#include "lib/check/tls/judge.h"
#include "lib/check/ping/judge.h"
#include "lib/check/udp/judge.h"
#include "lib/check/websocket/judge.h"

namespace sonde::check {
namespace {

Judgement failed(Verdict verdict, const Failure& failure) {
    Judgement judgement;
    judgement.verdict = verdict;
    judgement.cause = failure.cause;
    judgement.message = without_credentials(failure.message);
    return judgement;
}

}  // namespace

// A kind without a `judge` of its own does not compile.
Judgement judge(const Spec& spec, const Observation& observation, TimePoint now) {
    const auto& failure = observation.failure;
    if (is_agents_fault(failure.cause)) return failed(Verdict::unknown, failure);
    if (failure) return failed(Verdict::down, failure);
    if (std::holds_alternative<std::monostate>(observation.seen)) {
        return failed(Verdict::unknown, {FailureClass::agent_error, "the probe reported neither an answer nor a failure", Phase::none});
    }
    return std::visit([&](const auto& of_kind) { return judge(of_kind, observation, now); }, spec);
}

bool is_laborious(const Spec& spec, const Observation& observation) {
    const auto* http = std::get_if<HttpSpec>(&spec);
    const auto* seen = observation.find<HttpFacts>();
    return http != nullptr && seen != nullptr && !observation.failure && !seen->body.empty() && needs_body(*http);
}

}  // namespace sonde::check
