// The account of one share: which slots are settled, up to where its cursor may move, and what the ledger gets with that move.
#pragma once

#include <cstdint>
#include <deque>

#include "controlplane/scheduler/plan.h"

namespace sonde::scheduler {

// Ticks of a scheduler are numbered for ever on; each covers the slots since the one before.
using Tick = std::uint64_t;

// Slots are counted as expected in the tick that meets them, and stay open until their job is accepted or given up. The
// cursor stands before the first tick with open slots, so that a successor that continues from it misses none and counts none
// twice. Pure; not thread-safe. Unknown ticks are ignored: they belong to an earlier tenure of the share.
class ShareAccount {
public:
    // Everything up to `cursor` is settled.
    explicit ShareAccount(TimePoint cursor) : reached_(cursor), settled_(cursor) {}

    // During `tick`: one job that will be published, or not.
    void expect(Tick tick, TimePoint minute, RegionIndex region);
    // During `tick`: slots that nobody will publish.
    void expect_skipped(Tick tick, const Counts& counts);
    // `tick` is over: all slots up to `end` have been told.
    void close(Tick tick, TimePoint end);

    void accepted(Tick tick);
    void given_up(Tick tick, TimePoint minute, RegionIndex region);

    // Up to where slots were met by ticks.
    [[nodiscard]] TimePoint reached() const { return reached_; }
    // Up to where all of them are settled.
    [[nodiscard]] TimePoint settled() const { return settled_; }
    // True if no slot is open.
    [[nodiscard]] bool quiet() const { return open_.empty(); }
    // What the slots up to `settled()` add to the ledger since the last call.
    Counts take_counts();

private:
    struct OpenTick {
        Tick tick = 0;
        TimePoint end;
        std::int64_t open = 0;
        bool closed = false;
        Counts counts;
    };
    OpenTick& current(Tick tick);
    OpenTick* find(Tick tick);
    void settle();

    TimePoint reached_;
    TimePoint settled_;
    std::deque<OpenTick> open_;
    Counts counts_;
};

}  // namespace sonde::scheduler
