// The agent's clock, corrected by what the control plane says of the time.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "lib/base/instant.h"

namespace sonde::agent {

// Estimates how far this machine's clock is ahead of the control plane's, from questions and answers (RFC 5905, section 8), by the
// clock filter of its section 10: of the last eight answers the one that travelled fastest is believed, since its path can have been the
// least lopsided. An answer that contradicts them is not believed before the next one says the same: either a clock was set, and then
// all later answers say so, or that one was wrong. Pure; not thread-safe.
class ClockFilter {
public:
    // An answer that took longer than this says nothing.
    static constexpr milliseconds kSlowest{2000};
    // Two answers further apart than this, and than their paths explain, cannot both be right.
    static constexpr milliseconds kContradicts{1000};

    enum class Heard : unsigned char { nothing, believed, doubted };

    // By our own clock the question was sent at `asked` and answered at `answered`; the other's clock said `theirs`. What is
    // `doubted` is settled by another question, the sooner the better.
    Heard add(TimePoint asked, TimePoint theirs, TimePoint answered);
    // Ours minus theirs; positive is ahead. Zero as long as nothing is known.
    [[nodiscard]] milliseconds offset() const { return best_.offset; }

private:
    struct Sample {
        milliseconds offset{0};
        milliseconds round_trip{0};
    };
    static bool agree(const Sample& a, const Sample& b);
    void believe(const Sample& sample);

    std::array<Sample, 8> samples_{};
    std::size_t count_ = 0;
    std::size_t next_ = 0;
    Sample best_;                  // the fastest of them
    std::optional<Sample> doubted_;  // the last answer, if it contradicts them
};

// What the loop takes for the time. Loop thread only.
class Clock {
public:
    [[nodiscard]] TimePoint now() const { return wall_now() - filter_.offset(); }
    [[nodiscard]] milliseconds offset() const { return filter_.offset(); }
    ClockFilter::Heard add(TimePoint asked, TimePoint theirs, TimePoint answered) { return filter_.add(asked, theirs, answered); }

private:
    ClockFilter filter_;
};

}  // namespace sonde::agent
