#include "lib/check/grpc/judge.h"

#include <fmt/format.h>

namespace sonde::check {
namespace {

std::string status_text(const GrpcFacts& facts) {
    if (!facts.grpc_status) return {};
    const auto text = grpc_status_text(*facts.grpc_status);
    return facts.grpc_message.empty() ? text : fmt::format("{}: {}", text, facts.grpc_message);
}

}  // namespace

Judgement judge(const GrpcSpec& /*spec*/, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    const auto* facts = observation.find<GrpcFacts>();
    if (facts == nullptr) return judgement;
    const bool is_ok = facts->http_status == 200;
    judgement.add(result_of("status", "200", fmt::format("{}", facts->http_status), is_ok, FailureClass::http_status));
    if (!is_ok && !facts->grpc_status) return judgement;  // a proxy or another server answered: there is nothing of gRPC to look at
    const bool is_grpc = facts->fault.empty();
    judgement.add(result_of("answer", "one of gRPC", is_grpc ? "one of gRPC" : "one that " + facts->fault, is_grpc, FailureClass::http_protocol));
    const bool called = facts->grpc_status == 0;
    judgement.add(result_of("grpc-status", "0 OK", status_text(*facts), called, FailureClass::assertion));
    const bool serves = called && facts->serving == kServing;
    judgement.add(result_of("health", "SERVING", facts->serving ? serving_text(*facts->serving) : "not told", serves, FailureClass::body_mismatch));
    return judgement;
}

}  // namespace sonde::check
