#include "probe-agent/probe/probes.h"

namespace sonde::agent {

Probes::Probes(uv::Loop& loop, Resolver& resolver, const ProbeOptions& options, net::Guard guard)
    : network_{loop, resolver, std::move(guard), CertificateCache{}},
      tls_contexts_(options.ca_file),
      http_(network_, {options.user_agent, options.ca_file}),
      tls_(network_, tls_contexts_),
      tcp_(network_, tls_contexts_),
      dns_(network_),
      ping_(network_),
      udp_(network_),
      heartbeat_(network_),
      websocket_(network_, tls_contexts_, options.user_agent),
      banner_(network_, tls_contexts_),
      grpc_(network_, tls_contexts_, options.user_agent),
      domain_(network_, http_, options.rdap_bootstrap),
      drill_(network_),
      by_kind_{&http_, &tls_, &tcp_, &dns_, &ping_, &udp_, &heartbeat_, &websocket_, &banner_, &grpc_, &domain_, &drill_} {}

std::unique_ptr<Attempt> Probes::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto& probe = *by_kind_.at(target->spec.index());
    return probe.start(std::move(target), timeout, std::move(done));
}

}  // namespace sonde::agent
