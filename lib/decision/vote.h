// A region's vote: its latest verdict on a monitor, and for how long it has been failing.
#pragma once

#include <string>
#include <vector>

#include "lib/decision/definition.h"
#include "lib/check/verdict.h"

namespace sonde::decision {

struct Vote {
    RegionId region{};
    Slot slot;
    int attempt = 0;
    TimePoint taken_at;
    check::Verdict verdict = check::Verdict::up;  // never unknown: that is no vote
    check::FailureClass cause = check::FailureClass::none;
    bool backfilled = false;
    int failing_slots = 0;    // successive slots, up to this one, in which the region saw a failure
    TimePoint failing_since;  // its first failing check of those; meaningless while failing_slots is 0
    std::string message;      // for people; at most kMessageBytes, empty when up
    Slot well_from{};         // the first slot it saw well after one that failed; forgotten once no region sees a failure

    friend bool operator==(const Vote&, const Vote&) = default;
};

constexpr std::size_t kMessageBytes = 200;

// What a probe reported, as an event of the core.
struct ResultSeen {
    RegionId region{};
    Slot slot;
    int attempt = 0;
    TimePoint started_at;  // by the agent's clock, which may be wrong in spite of its correction
    check::Verdict verdict = check::Verdict::unknown;
    check::FailureClass cause = check::FailureClass::none;
    bool backfilled = false;
    std::string message;
    int revision = 0;  // of the monitor as it was checked; 0: not told
};

// How bad a verdict is: up 0, degraded 1, down 2.
constexpr int rank(check::Verdict verdict) { return static_cast<int>(verdict); }

// When a check was really taken: no check starts before its slot or after its result is here, whatever a clock says.
TimePoint taken_at(const ResultSeen& result, TimePoint received_at);

inline bool is_fresh(TimePoint taken, const Definition& definition, TimePoint now) {
    return now - taken <= definition.freshness();
}

Vote* find_vote(std::vector<Vote>& votes, RegionId region);
const Vote* find_vote(const std::vector<Vote>& votes, RegionId region);

// True if (slot, attempt) is later than what the region voted with.
bool supersedes(const ResultSeen& result, const Vote& vote);

// Makes `result` the region's vote. The caller has asked `supersedes` and freshness. Votes stay sorted by region.
Vote& cast_vote(std::vector<Vote>& votes, const ResultSeen& result, TimePoint taken);

}  // namespace sonde::decision
