// What every kind of check under way has in common: its deadline, what it has seen so far, and its end.
#pragma once

#include <memory>
#include <string>

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// A kind's check derives from this and reports by `finish` or `fail`, once; both may destroy it, so they are the last act of whoever
// calls them. Loop thread only.
class TimedCheck : public Attempt {
public:
    TimedCheck(Network& network, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done);
    void begin();

protected:
    // Starts the check. What ends it at once is reported later all the same, never before `begin` returned.
    virtual void run() = 0;
    // The time is up: notes in `seen_` what was reached, and says what was being waited for.
    virtual check::Failure overdue() = 0;
    // Lets go of everything under way. Called before `done`.
    virtual void release() = 0;

    void finish();
    void fail(check::Failure failure);

    [[nodiscard]] milliseconds timeout() const { return timeout_; }
    [[nodiscard]] const Target& target() const { return *target_; }
    [[nodiscard]] static microseconds since(MonotonicPoint begin);

    Network& network_;
    check::Observation seen_;

private:
    void time_is_up();
    void report();

    std::shared_ptr<const Target> target_;
    milliseconds timeout_;
    Probe::Done done_;
    uv::Timer deadline_;
    MonotonicPoint started_{};
    bool in_begin_ = false;
    bool ended_ = false;
};

}  // namespace sonde::agent
