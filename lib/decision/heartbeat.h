// Heartbeats: what a job told of itself, and when it should have told something.
//
// The state is a function of the set of pings, whatever their order and however often they come: the newest are kept, sorted by their
// instants, and the verdict is read from them anew with each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/decision/definition.h"
#include "lib/check/heartbeat/facts.h"

namespace sonde::decision {

struct Step;
struct MonitorState;
enum class Reason : unsigned char;

// A ping as an event. Its slot is the instant at which it was received; that and `attempt` are its identity.
struct PingSeen {
    Slot at;
    int attempt = 0;
    check::PingKind kind = check::PingKind::success;
    std::string run;      // which start a finish belongs to; empty if not told
    std::string message;  // of a failure, for people
};

// A start or a finish, as remembered.
struct Ping {
    Slot at;
    int attempt = 0;
    check::PingKind kind = check::PingKind::success;
    std::string run;
    friend bool operator==(const Ping&, const Ping&) = default;
};

struct Heartbeat {
    // The newest starts and finishes, by (at, attempt).
    std::vector<Ping> pings;
    TimePoint last_ping;                    // of any kind; the epoch if there was none
    TimePoint last_success;
    TimePoint counts_from;                  // pings from before the monitor was resumed decide nothing
    bool late = false;                      // found late, and not well since:
    TimePoint late_after;                   // successes after this one count for the recovery
    // What follows from the above and the definition; kept for those who read the state.
    std::optional<TimePoint> deadline;      // silence until then is in order
    std::optional<milliseconds> last_run;   // from start to finish, of the newest finish with a start
    friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

// How many are kept. The verdict depends on the last failure and the successes after it, of which a recovery takes ten at most.
constexpr int kFinishes = 16;
constexpr int kStarts = 8;

// A late ping may be on its way to the stream when the deadline passes.
constexpr milliseconds kLatePingsWay{200};

// What Step does for monitors of this kind.
Reason ping_seen(Step& step, const PingSeen& ping);
// `heard_until`: whatever reached the stream by then has been decided on.
Reason silence_passed(Step& step, TimePoint heard_until);
// Keeps what a resumed monitor needs of its past.
Heartbeat resumed(const Heartbeat& before, TimePoint now);
// Fills in what follows from the state and the definition. After every decision.
void settle(MonitorState& state, const Definition& definition);

}  // namespace sonde::decision
