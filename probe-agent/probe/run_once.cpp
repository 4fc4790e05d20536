#include "probe-agent/probe/run_once.h"

#include <csignal>
#include <optional>
#include <stdexcept>

#include "probe-agent/probe/probes.h"

namespace sonde::agent {

OneCheck run_once(const check::Spec& spec, milliseconds timeout, const net::Guard& guard, const std::string& ca_file) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the other side may have closed
    auto target = make_target(spec);
    if (!target) throw std::runtime_error(target.error().message);
    uv::Loop loop;
    std::optional<check::Observation> seen;
    {
        Resolver resolver(loop, {});
        Probes probe(loop, resolver, {.user_agent = "Sonde/" SONDE_VERSION, .ca_file = ca_file}, guard);
        const auto attempt = probe.start(*target, timeout, [&](check::Observation observation) {
            seen = std::move(observation);
            loop.stop();
        });
        loop.run();
    }
    OneCheck result;
    result.judgement = check::judge(spec, *seen, wall_now());
    result.observation = std::move(*seen);
    return result;
}

}  // namespace sonde::agent
