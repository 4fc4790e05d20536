// What every probe reaches the network through.
#pragma once

#include "lib/net/guard.h"
#include "lib/uv/loop.h"
#include "probe-agent/probe/net/resolver.h"
#include "probe-agent/probe/tls/certificate_facts.h"

namespace sonde::agent {

// Loop thread only; outlives the probes.
struct Network {
    uv::Loop& loop;
    Resolver& resolver;
    net::Guard guard;  // may be replaced at any time: for checks, and hops of checks, from then on
    CertificateCache certificates;
};

}  // namespace sonde::agent
