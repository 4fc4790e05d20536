// What is to be simulated.
#pragma once

#include <cstdint>
#include <set>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"

namespace sonde::simulation {

// Before the way to the database breaks, commits may happen and not be told.
inline constexpr milliseconds kBadConnection{30'000};
// How long a region that is well again stays in quarantine, at most.
inline constexpr milliseconds kReleased{180'000};

enum class Fault : unsigned char {
    loss,                // messages and answers are lost
    duplicates,          // messages are stored twice
    delays,              // messages take up to seconds, and overtake each other
    garbage,             // malformed messages are published besides
    bus_partition,       // a region cannot reach the bus
    bus_stop,            // nobody can
    stream_loss,         // a stream is gone with all that was in it, and made anew
    target_partition,    // a region's own network is broken: it sees everything down
    database_partition,  // an engine or a scheduler cannot reach the database, and commits whose answer is lost
    database_stop,       // nobody can
    engine_crash,
    engine_stop,         // SIGSTOP, also past the lease, and SIGCONT
    scheduler_crash,
    scheduler_stop,
    agent_crash,
    overload,            // an agent cannot run its checks, and says so
    skew,                // agents' clocks are wrong by up to five minutes, and jump
    edits,               // specs, policies and regions are edited; monitors are paused, resumed and deleted; people acknowledge and resolve
    // Nothing breaks by these, but they make a world of their own: each has its own dice, so that all else in a seed is as it is without.
    ill_region,          // six monitors or more: each of a site of its own, from three domains; a region sees everything down, and is to be quarantined
    maintenance,         // windows, in which nothing pages
    dependencies,        // monitors and sites that depend on others, and a group
    slow_engine,         // an engine takes a second for a message, and comes to be behind
};

// Mistakes put into the model of the shell, for tests of the simulator itself: it must find each.
enum class Sabotage : unsigned char {
    none,
    acknowledge_first,   // messages are acknowledged before the commit
    no_fence,            // commits although the lease is another's
    trust_memory,        // memory is kept after a commit whose outcome is not known
    count_duplicates,    // results that are there already are decided on and counted again
    own_clock,           // what is late is decided on as of when it is decided on
    move_cursor_first,   // the cursor moves when slots are met, not when their jobs are accepted
};

std::set<Fault> all_faults();

struct Options {
    std::uint64_t seed = 1;
    milliseconds length = std::chrono::hours{1};  // with faults; some calm minutes follow, in which everything must come to rest
    int monitors = 4;
    std::set<Fault> faults = all_faults();        // of which each seed chooses some
    bool trace = false;
    Sabotage sabotage = Sabotage::none;
};

}  // namespace sonde::simulation

template <>
struct sonde::EnumNames<sonde::simulation::Fault> {
    static constexpr std::array<std::string_view, 22> names{
        "loss", "duplicates", "delays", "garbage", "bus_partition", "bus_stop", "stream_loss", "target_partition", "database_partition",
        "database_stop", "engine_crash", "engine_stop", "scheduler_crash", "scheduler_stop", "agent_crash", "overload", "skew", "edits", "ill_region", "maintenance", "dependencies",
        "slow_engine"};
};
