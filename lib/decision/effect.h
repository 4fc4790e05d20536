// What follows from a decision on a monitor. The shell carries effects out in their order, in the transaction of the decision;
// only the checks asked for are sent after it.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "lib/decision/monitor_state.h"
#include "lib/decision/reason.h"

namespace sonde::decision {

// The site's incidents: outages, and warnings, which an outage does not swallow.
enum class Scope : unsigned char { outage, warning };

// The kinds of rows in table `decision`.
enum class NoteKind : unsigned char { transition, confirming, refuted, advisory, suppressed, expiring };

// Something to be recorded with the votes it was taken by: every edge, every failure that did not page, and what was told to end soon.
struct Note {
    NoteKind kind = NoteKind::transition;
    State from = State::pending;
    State to = State::pending;
    Reason reason = Reason::vote_counted;
    std::optional<Slot> slot;
};

// What is shown of the monitor has changed: event `monitor.changed`. A Note of the same edge goes before it.
struct Changed {
    State from = State::pending;
    State to = State::pending;
    Reason reason = Reason::vote_counted;
};

struct Ask {
    RegionId region{};
    int attempt = 1;
    TimePoint not_before;
    TimePoint not_after;
};

// Checks to be made at once, as further attempts at `slot`.
struct Confirm {
    Slot slot;
    std::vector<Ask> asks;
};

// The monitor takes part in the site's incident of that scope, which is opened if there is none.
struct Joins {
    Scope scope = Scope::outage;
    Reason reason = Reason::quorum_down;
    check::FailureClass cause = check::FailureClass::none;
    TimePoint failing_since;
    std::vector<RegionId> regions;  // those that see the failure
};

// It takes part no longer; the incident is resolved if nobody is left in it.
struct Leaves {
    Scope scope = Scope::outage;
    Reason reason = Reason::quorum_recovered;
};

struct AdvisoryOpened { Advisory advisory; };
struct AdvisoryChanged {  // other regions, or it flaps, or no longer
    Advisory advisory;
    Reason reason = Reason::minority_failing;
};
struct AdvisoryClosed {
    Advisory advisory;
    Reason reason = Reason::nobody_failing;
};

// After Joins, where the fall that made it flapping opened something; before Leaves, where its end closes it.
struct FlappingBegan { int changes = 0; };
struct FlappingEnded { Reason reason = Reason::flapping_calmed; };

// Its parents are to be checked at once, unless they were seen well since `since`.
struct AskParents { TimePoint since; };

using Effect = std::variant<Note, Changed, Confirm, Joins, Leaves, AdvisoryOpened, AdvisoryChanged, AdvisoryClosed, FlappingBegan,
                            FlappingEnded, AskParents>;

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::Scope> {
    static constexpr std::array<std::string_view, 2> names{"outage", "warning"};
};

template <>
struct sonde::EnumNames<sonde::decision::NoteKind> {
    static constexpr std::array<std::string_view, 6> names{"transition", "confirming", "refuted", "advisory", "suppressed", "expiring"};
};
