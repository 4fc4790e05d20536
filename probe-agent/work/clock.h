// The agent's clock, corrected by what the control plane says of the time.
#pragma once

#include <array>
#include <cstddef>

#include "lib/base/instant.h"

namespace sonde::agent {

// Estimates how far this machine's clock is ahead of the control plane's, from questions and answers, as RFC 5905 section 8 does:
// of the last few answers the one that travelled fastest is believed, since its path can have been the least lopsided.
// Pure; not thread-safe.
class ClockFilter {
public:
    // An answer that took longer than this says nothing.
    static constexpr milliseconds kSlowest{2000};

    // By our own clock the question was sent at `asked` and answered at `answered`; the other's clock said `theirs`.
    void add(TimePoint asked, TimePoint theirs, TimePoint answered);
    // Ours minus theirs; positive is ahead. Zero as long as nothing is known.
    [[nodiscard]] milliseconds offset() const { return offset_; }

private:
    struct Sample {
        milliseconds offset{0};
        milliseconds round_trip{0};
    };
    std::array<Sample, 8> samples_{};
    std::size_t count_ = 0;
    std::size_t next_ = 0;
    milliseconds offset_{0};
};

// What the loop takes for the time. Loop thread only.
class Clock {
public:
    [[nodiscard]] TimePoint now() const { return wall_now() - filter_.offset(); }
    [[nodiscard]] milliseconds offset() const { return filter_.offset(); }
    void add(TimePoint asked, TimePoint theirs, TimePoint answered) { filter_.add(asked, theirs, answered); }

private:
    ClockFilter filter_;
};

}  // namespace sonde::agent
