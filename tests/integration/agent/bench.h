// A probe and its loop, to run checks with one at a time.
#pragma once

#include <chrono>
#include <fstream>
#include <optional>

#include "probe-agent/probe/probes.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/turn.h"

namespace sonde::test {

// An observation, with a short way to what HTTP checks see.
struct Seen : check::Observation {
    Seen(check::Observation observation) : check::Observation(std::move(observation)) {}  // NOLINT: is one
    [[nodiscard]] check::HttpFacts http() const {
        const auto* facts = find<check::HttpFacts>();
        return facts == nullptr ? check::HttpFacts{} : *facts;
    }
};

// Loopback is allowed but for 127.0.0.66. `good.test` and `other.test` are 127.0.0.1, `mixed.test` is 127.0.0.66 and 127.0.0.1.
class Bench {
public:
    explicit Bench(agent::Resolver::Options options = {}, const std::string& ca_file = "", const std::string& rdap_bootstrap = "http://blocked.test/dns.json")
        : resolver(loop, with_hosts(std::move(options))),
          probe(loop, resolver, {.user_agent = "Sonde/test", .ca_file = ca_file, .rdap_bootstrap = rdap_bootstrap},
                *net::make_guard({"127.0.0.0/8", "::1", "224.0.0.0/4"}, {"127.0.0.66"})) {}

    Seen run(check::Spec spec, milliseconds timeout = milliseconds{5000}) {
        auto target = agent::make_target(std::move(spec));
        if (!target) throw std::runtime_error(target.error().message);
        std::optional<check::Observation> seen;
        const auto begin = std::chrono::steady_clock::now();
        const auto attempt =
            probe.start(*target, timeout, [&](check::Observation observation) { seen = std::move(observation); });
        if (seen) throw std::logic_error("the probe reported before it had begun");
        if (!turn_until(
                loop, [&] { return seen.has_value(); }, timeout + seconds{5}))
            throw std::runtime_error("the probe did not report in time");
        took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
        return std::move(*seen);
    }
    Seen run(const std::string& url, milliseconds timeout = milliseconds{5000}) {
        check::HttpSpec spec;
        spec.url = url;
        return run(check::Spec{std::move(spec)}, timeout);
    }

    TempDir directory;
    uv::Loop loop;
    agent::Resolver resolver;
    agent::Probes probe;
    milliseconds took{0};

private:
    agent::Resolver::Options with_hosts(agent::Resolver::Options options) {
        options.hosts_file = directory.path() + "/hosts";
        std::ofstream(options.hosts_file)
            << "127.0.0.1 good.test other.test\n127.0.0.66 mixed.test blocked.test\n127.0.0.1 mixed.test\n";
        return options;
    }
};

inline std::string describe(const check::Observation& seen) {
    return std::string(name_of(seen.failure.cause)) + " " + std::to_string(check::http_status_of(seen)) + ": " + seen.failure.message;
}

}  // namespace sonde::test
