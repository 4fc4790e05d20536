// Says every few seconds that the agent lives, and learns what time it is.
#pragma once

#include <functional>

#include "lib/bus/bus.h"
#include "lib/message/presence.h"
#include "lib/uv/loop.h"
#include "probe-agent/work/clock.h"

namespace sonde::agent {

// Loop thread only; to be destroyed after the loop has stopped.
class PresenceReporter {
public:
    // `describe` fills in what changes: counts and the like. The rest is taken from `self`. Said on `subject`.
    PresenceReporter(uv::Loop& loop, bus::Bus& bus, Clock& clock, std::string subject, message::Presence self, milliseconds interval,
                     std::function<void(message::Presence&)> describe);

    // At once, and then at every interval.
    void start();
    // From now on what is said is that the agent drains; said at once.
    void drain();
    void say();
    // When the control plane last answered; the epoch if never.
    [[nodiscard]] MonotonicPoint last_answer() const { return last_answer_; }

private:
    void answered(TimePoint asked, TimePoint now, const std::optional<bus::Delivery>& answer);

    uv::Loop& loop_;
    bus::Bus& bus_;
    Clock& clock_;
    const std::string subject_;
    message::Presence self_;
    milliseconds interval_;
    std::function<void(message::Presence&)> describe_;
    MonotonicPoint last_said_{};
    MonotonicPoint last_answer_{};
    std::int64_t checks_then_ = 0;
    bool may_ask_again_ = false;  // an answer that is doubted
    uv::Timer timer_;
};

}  // namespace sonde::agent
