// A module and a target: what one scrape asks.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/check/spec.h"
#include "lib/net/guard.h"
#include "probe-agent/blackbox/module.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent::blackbox {

struct Errand {
    std::shared_ptr<const Module> module;
    std::string target;  // as it was asked for
    std::string host;    // whose address is looked up first; empty where a proxy does that
    int port = 0;        // 0 where the prober has none
    Json spec;           // the module's, with what the target says but for the address
};

// Takes `target` as blackbox_exporter does: a URL (or without a scheme an http one), host:port, the name server with a port or without, a
// host. `hostname`, unless empty, is the name of Host and of TLS. The error is for who asked.
Result<Errand> make_errand(std::shared_ptr<const Module> module, const std::string& target, const std::string& hostname);

// What is to be run within `timeout`, against this address; an errand without a host needs none. The error names what is wrong.
Result<std::shared_ptr<const Target>> aim(const Errand& errand, const std::optional<net::Address>& address, milliseconds timeout);

// How long a probe may take: what the scrape's header X-Prometheus-Scrape-Timeout-Seconds (null: it has none) says less the offset, at most
// what the module says, and two minutes if neither does. The error is for who asked.
Result<milliseconds> time_for(const std::string* header, milliseconds offset, milliseconds of_module);

// The spec of a module for a target that fits, to see whether it is one.
Result<check::Spec, json::Problems> sample_spec(const Module& module);

}  // namespace sonde::agent::blackbox
