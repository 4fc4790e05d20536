// Everything of the agent that lives on the loop.
#pragma once

#include <functional>
#include <memory>

#include "lib/bus/bus.h"
#include "probe-agent/blackbox/scrapes.h"
#include "probe-agent/config.h"
#include "probe-agent/probe/probes.h"
#include "probe-agent/work/intake.h"
#include "probe-agent/loop_watch.h"
#include "probe-agent/work/presence.h"
#include "probe-agent/work/reporter.h"
#include "probe-agent/work/runner.h"

namespace sonde::agent {

// Made and destroyed while the loop does not run; in between, loop thread only.
class Core final : private Runner::Sink {
public:
    // `id` is that of an agent that joined, or empty. Throws std::runtime_error for what cannot work: a spool in use, an unreadable authority file.
    Core(uv::Loop& loop, bus::Bus& bus, const AgentConfig& config, const std::string& id, net::Guard guard, metrics::Registry& registry);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    void start();
    // Of the loop thread, too.
    [[nodiscard]] blackbox::Scrapes& scrapes() { return scrapes_; }
    void set_guard(net::Guard guard) { probe_.set_guard(std::move(guard)); }
    // Takes no more jobs, drops what scrapes ask for, lets checks under way end within `deadline`, sends results or puts them by, gives unfinished jobs back,
    // then calls `done`, once.
    void drain(milliseconds deadline, std::function<void()> done);

private:
    void result(ReceiptId receipt, message::ProbeResult result) override;
    void expired(ReceiptId receipt) override;
    void ran(ReceiptId receipt, RunId run, TimePoint started_at, std::string document) override;
    void drain_step();
    void describe(message::Presence& presence) const;
    void measure();

    uv::Loop& loop_;
    bus::Bus& bus_;
    const std::string region_;
    const std::string name_;
    Metrics metrics_;
    Clock clock_;
    std::unique_ptr<Spool> spool_;
    Resolver resolver_;
    Probes probe_;
    blackbox::Scrapes scrapes_;
    TargetCache targets_;
    Receipts receipts_;
    Reporter reporter_;
    Runner runner_;
    Intake intake_;
    PresenceReporter presence_;
    LoopWatch watch_;
    uv::Timer measure_;
    uv::Timer drain_;
    MonotonicPoint drain_until_{};
    std::function<void()> drained_;
};

}  // namespace sonde::agent
