// All the core remembers of one monitor, and its text form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/decision/boxed.h"
#include "lib/decision/heartbeat.h"
#include "lib/decision/suppression.h"
#include "lib/decision/vote.h"
#include "lib/base/result.h"

namespace sonde::decision {

// As shown: the names of the API.
enum class State : unsigned char { up, degraded, down, unknown, pending, paused, maintenance };

// What the quorum last established. Losing sight of a monitor changes what is shown, never what is known.
enum class Known : unsigned char { pending, up, degraded, down };

constexpr int rank(Known known) { return known == Known::down ? 2 : known == Known::degraded ? 1 : 0; }

// A region that was asked to look at once, and for which answer we wait.
struct Asked {
    RegionId region{};
    int attempt = 0;
    friend bool operator==(const Asked&, const Asked&) = default;
};

// A failure was seen that is not yet told: from the first failing vote until it is confirmed, refuted or given up.
struct Suspicion {
    RegionId first{};        // who saw it first, by the time of the check
    TimePoint first_at;
    Slot slot;               // of the vote that raised it; the confirmations are further attempts at it
    int repeats = 1;         // failing checks of `first` since, its own first one included
    int last_attempt = 0;    // highest attempt asked for
    int rounds = 0;          // times asked; in place, since the last answer
    TimePoint deadline;      // answers are expected by then
    std::vector<Asked> asked;  // not answered yet
    std::optional<TimePoint> held_since;  // confirmed, and waiting for the judgement of the regions; `deadline` is the end of that
    friend bool operator==(const Suspicion&, const Suspicion&) = default;
};

// Regions whose failure others did not see: they raise no suspicion again before `ask_again_at`.
struct Doubt {
    std::vector<RegionId> regions;  // sorted
    int times = 0;                  // refuted in a row; each doubles the wait
    TimePoint ask_again_at;
    friend bool operator==(const Doubt&, const Doubt&) = default;
};

struct Recovery {
    Slot slot;       // of the last good round
    int rounds = 0;  // successive good rounds
    Slot first;      // of the first of them; kept while the monitor flaps
    friend bool operator==(const Recovery&, const Recovery&) = default;
};

struct Advisory {
    AdvisoryId id;
    std::vector<RegionId> regions;  // sorted
    check::FailureClass cause = check::FailureClass::none;
    TimePoint opened_at;
    std::optional<TimePoint> flapping_since = std::nullopt;  // it came and went too often: from then on it grows, and closes when all was calm
    friend bool operator==(const Advisory&, const Advisory&) = default;
};

// What was told of the monitor's advisories lately, by which one is found to come and go too often.
struct AdvisoryTold {
    std::vector<TimePoint> at;  // oldest first, at most `flapping.changes` of them
    Slot failing;               // while one flaps: the newest slot that a region saw fail
    [[nodiscard]] bool empty() const { return at.empty(); }
    friend bool operator==(const AdvisoryTold&, const AdvisoryTold&) = default;
};

// The newest changes of the verdict, oldest first, and whether they were too many. From up to down is one of both sorts.
struct Flaps {
    std::vector<TimePoint> changes;  // between up and anything worse
    std::vector<TimePoint> outages;  // between down and anything better
    std::optional<TimePoint> since;  // flapping
    bool told = false;               // and that was told
    friend bool operator==(const Flaps&, const Flaps&) = default;
};

// `Definition::standing_hash` as of the last count. Makes no two states different: they are worth storing for what followed from it.
struct CountedUnder {
    std::uint64_t hash = 0;
    friend bool operator==(const CountedUnder&, const CountedUnder&) { return true; }
};

struct MonitorState {
    Known known = Known::pending;
    Activity activity = Activity::active;
    bool covered = true;       // false: too few fresh voters
    TimePoint since;           // of what is shown
    TimePoint watched_since;   // votes have been expected since: before a window has passed, missing ones mean nothing
    std::uint64_t spec_hash = 0;    // of the spec and of the regions the votes were cast under; 0: nothing was decided yet
    std::uint64_t voters_hash = 0;
    bool in_outage = false;    // takes part in the site's open incident of that scope, as far as the monitor knows
    bool in_warning = false;
    std::vector<Vote> votes;   // sorted by region; only of regions that check the monitor
    std::optional<Suspicion> suspicion;
    Doubt doubt;
    Recovery recovery;
    std::optional<Advisory> advisory;
    Boxed<AdvisoryTold> advisory_told;
    Heartbeat heartbeat;       // of monitors that are heard of
    int spec_revision = 0;     // what was checked by an earlier revision of the monitor was checked by another spec; 0: there was no other
    Flaps flaps;
    CountedUnder counted_under;
    Boxed<Muting> muting;      // what is not told, and why

    [[nodiscard]] State shown() const {
        if (activity != Activity::active) return State::paused;
        if (muting->window) return State::maintenance;
        if (!covered) return State::unknown;
        switch (known) {
            case Known::pending: return State::pending;
            case Known::up: return State::up;
            case Known::degraded: return State::degraded;
            case Known::down: return State::down;
        }
        return State::pending;
    }
    friend bool operator==(const MonitorState&, const MonitorState&) = default;
};

// Compact JSON. `votes` is a list of `{"region": id, "slot": ms, "attempt": n, "at": ms, "verdict": name}`, for a failing vote
// with `class`, `failing_slots`, `failing_since` and `message` besides; one that is well again while others fail has `well_from` in ms.
// `heartbeat` has `last_ping`, `last_success` and `deadline` in ms since the Unix epoch and `last_run` in ms, each if there is one. `flaps` has
// `since` in ms while the monitor flaps. Other fields are left out where they say nothing.
std::string write_state(const MonitorState& state);

// Reads exactly what `write_state` wrote; anything else is an error.
Result<MonitorState> read_state(std::string_view text);

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::State> {
    static constexpr std::array<std::string_view, 7> names{"up", "degraded", "down", "unknown", "pending", "paused", "maintenance"};
};

template <>
struct sonde::EnumNames<sonde::decision::Known> {
    static constexpr std::array<std::string_view, 4> names{"pending", "up", "degraded", "down"};
};

template <>
struct sonde::EnumNames<sonde::decision::Activity> {
    static constexpr std::array<std::string_view, 6> names{"active", "paused", "disabled", "deleted", "site_inactive", "site_deleted"};
};
