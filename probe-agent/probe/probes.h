// All kinds of probes: one row a kind.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "lib/check/kind.h"
#include "probe-agent/probe/banner/probe.h"
#include "probe-agent/probe/dns/probe.h"
#include "probe-agent/probe/domain/probe.h"
#include "probe-agent/probe/drill/probe.h"
#include "probe-agent/probe/grpc/probe.h"
#include "probe-agent/probe/http/probe.h"
#include "probe-agent/probe/refusal.h"
#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/options.h"
#include "probe-agent/probe/ping/probe.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/probe/tcp/probe.h"
#include "probe-agent/probe/tls/probe.h"
#include "probe-agent/probe/udp/probe.h"
#include "probe-agent/probe/websocket/probe.h"

namespace sonde::agent {

// Starts each check with the probe of its kind. The loop and the resolver must outlive it.
class Probes final : public Probe {
public:
    // Throws std::runtime_error for what cannot work: an unreadable authority file.
    Probes(uv::Loop& loop, Resolver& resolver, const ProbeOptions& options, net::Guard guard);

    // For checks, and hops of checks, from now on.
    void set_guard(net::Guard guard) { network_.guard = std::move(guard); }

    // What else goes the way of checks, by the same guard.
    [[nodiscard]] Network& network() { return network_; }

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network network_;
    TlsContexts tls_contexts_;
    HttpProbe http_;
    TlsProbe tls_;
    TcpProbe tcp_;
    DnsProbe dns_;
    PingProbe ping_;
    UdpProbe udp_;
    Refusal heartbeat_;
    WebSocketProbe websocket_;
    BannerProbe banner_;
    GrpcProbe grpc_;
    DomainProbe domain_;
    DrillProbe drill_;
    std::array<Probe*, EnumNames<check::Kind>::names.size()> by_kind_;  // in the order of Kind
};

}  // namespace sonde::agent
