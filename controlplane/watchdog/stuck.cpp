#include "controlplane/watchdog/stuck.h"

namespace sonde::watchdog {

Remedy StuckDetector::look(const bus::ConsumerState& state, bool asked_for, int max_ack_pending, MonotonicPoint now) {
    const bool resting = state.pending == 0 || !asked_for || state.ack_pending >= static_cast<std::uint64_t>(max_ack_pending);
    if (resting) {
        watching_ = false;
        // An empty queue is a delivered one; one that nobody asks is still to be proved.
        if (state.pending == 0) renewed_ = false;
        return Remedy::none;
    }
    if (!watching_ || state.delivered_sequence != delivered_) {
        if (watching_ && state.delivered_sequence != delivered_) renewed_ = false;
        watching_ = true;
        delivered_ = state.delivered_sequence;
        since_ = now;
        return Remedy::none;
    }
    const auto patience = renewed_ ? stuck_after_ * 2 : stuck_after_;
    if (now - since_ < patience) return Remedy::none;
    watching_ = false;
    const auto remedy = renewed_ ? Remedy::stream : Remedy::consumer;
    renewed_ = remedy == Remedy::consumer;
    return remedy;
}

}  // namespace sonde::watchdog
