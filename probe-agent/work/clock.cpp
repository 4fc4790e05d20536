#include "probe-agent/work/clock.h"

#include <algorithm>

namespace sonde::agent {

bool ClockFilter::agree(const Sample& a, const Sample& b) {
    return std::chrono::abs(a.offset - b.offset) <= std::max((a.round_trip + b.round_trip) / 2, kContradicts);
}

void ClockFilter::believe(const Sample& sample) {
    samples_[next_] = sample;
    next_ = (next_ + 1) % samples_.size();
    count_ = std::min(count_ + 1, samples_.size());
    best_ = *std::min_element(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count_),
                              [](const Sample& a, const Sample& b) { return a.round_trip < b.round_trip; });
}

ClockFilter::Heard ClockFilter::add(TimePoint asked, TimePoint theirs, TimePoint answered) {
    const auto round_trip = answered - asked;
    if (round_trip < milliseconds{0} || round_trip > kSlowest) return Heard::nothing;  // the clock was set meanwhile, or the network dozed
    const Sample sample{(asked - theirs + (answered - theirs)) / 2, round_trip};
    if (count_ > 0 && !agree(sample, best_)) {
        if (!doubted_ || !agree(sample, *doubted_)) {
            doubted_ = sample;
            return Heard::doubted;
        }
        // Twice the same: a clock was set, which makes every answer before that wrong, however fast it travelled.
        count_ = next_ = 0;
        believe(*doubted_);
    }
    doubted_.reset();
    believe(sample);
    return Heard::believed;
}

}  // namespace sonde::agent
