#include "probe-agent/work/clock.h"

#include <algorithm>

namespace sonde::agent {

void ClockFilter::add(TimePoint asked, TimePoint theirs, TimePoint answered) {
    const auto round_trip = answered - asked;
    if (round_trip < milliseconds{0} || round_trip > kSlowest) return;  // the clock was set meanwhile, or the network dozed
    const auto offset = (asked - theirs + (answered - theirs)) / 2;
    samples_[next_] = {offset, round_trip};
    next_ = (next_ + 1) % samples_.size();
    count_ = std::min(count_ + 1, samples_.size());
    // A clock that was set makes every sample before it wrong, however fast it travelled.
    if (std::chrono::abs(offset - offset_) > std::max(round_trip, milliseconds{1000})) {
        samples_[0] = {offset, round_trip};
        count_ = 1;
        next_ = 1;
    }
    const auto best = std::min_element(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count_),
                                       [](const Sample& a, const Sample& b) { return a.round_trip < b.round_trip; });
    offset_ = best->offset;
}

}  // namespace sonde::agent
