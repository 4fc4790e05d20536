// The decision on one monitor: pure, no clock, no I/O. Given the same state, definition and event it decides the same.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "lib/decision/effect.h"
#include "lib/decision/quorum.h"

namespace sonde::decision {

// Time has passed. `listening_since` is when whoever decides began to hear of this monitor: votes missing from before say nothing.
// `heard_until`: all that had reached the results stream by then has been decided on; a heartbeat is late only if it is later than the deadline.
struct Tick {
    TimePoint listening_since;
    TimePoint heard_until{};
};

// The definition was read anew, and may be another than before.
struct DefinitionRead {};

// Whoever decides knows more of the regions that see an outage alone, which waits for that (Suspicion::held_since): they are well, or else in doubt.
struct RegionsJudged {
    bool well = false;
};

// What is around the monitor may have changed: a window began or ended, a parent fell or recovered.
struct LookAround {};

struct Event {
    TimePoint now;      // that is decided on as of; does not fall for one monitor but by a correction of the clock
    AdvisoryId fresh_id;  // for an advisory, should one be opened
    std::variant<ResultSeen, Tick, DefinitionRead, PingSeen, RegionsJudged, LookAround> what;
    Suppression around{};
    milliseconds behind{0};  // how much later it is by now: what is asked for leaves only then
};

struct Decision {
    MonitorState next;
    std::vector<Effect> effects;
    Reason reason = Reason::vote_counted;
};

// A state never seen before is `MonitorState{}` with `since` and `watched_since` set to `event.now`: `first_state`.
Decision decide(MonitorState state, const Definition& definition, const Event& event);

MonitorState first_state(TimePoint now);

// When a Tick could next decide something, if nothing else happens before; possibly in the past. Nothing: never.
// A Tick at that time either changes the state or moves the next one on.
std::optional<TimePoint> next_tick(const MonitorState& state, const Definition& definition, TimePoint now,
                                   TimePoint listening_since);

}  // namespace sonde::decision
