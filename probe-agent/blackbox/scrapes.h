// The probes that scrapes ask for, on the agent's loop, beside its scheduled checks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "lib/uv/loop.h"
#include "probe-agent/blackbox/errand.h"
#include "probe-agent/blackbox/outcome.h"
#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent::blackbox {

// How many there are is bounded by who starts them. Loop thread only; what it is given must outlive it.
class Scrapes {
public:
    // Nothing, if the agent stops before there is an outcome.
    using Done = std::function<void(std::optional<Outcome>)>;

    Scrapes(uv::Loop& loop, Network& network, Probe& probe);
    ~Scrapes();
    Scrapes(const Scrapes&) = delete;
    Scrapes& operator=(const Scrapes&) = delete;

    // Looks the host up, by family as the module prefers, and probes the first address of it. `done` is called once, within `timeout` and
    // a little; before this returned only once they are closed.
    void start(Errand errand, milliseconds timeout, Done done);
    // Those under way end with nothing, and no more are started.
    void close();

private:
    class Scrape;
    struct Running {
        std::unique_ptr<Scrape> scrape;
        Done done;
    };
    void finished(std::uint64_t id, Outcome outcome);

    uv::Loop& loop_;
    Network& network_;
    Probe& probe_;
    bool closed_ = false;
    std::uint64_t last_id_ = 0;
    std::unordered_map<std::uint64_t, Running> running_;
};

}  // namespace sonde::agent::blackbox
