// Stored results, decided on again by the very same core: what would have opened under these definitions. Pure and deterministic.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

#include "lib/decision/decide.h"
#include "lib/decision/incident.h"

namespace sonde::decision {

// What becomes of checks that these definitions ask for and that nobody made, because another rule was in force.
enum class Unmade : unsigned char {
    unanswered,       // nobody answers: the core asks again, gives up, and lets the next round decide
    from_next_round,  // the region answers what it saw in its next round
};

struct StoredResult {
    TimePoint received_at;
    MonitorId monitor;
    std::variant<ResultSeen, PingSeen> what;
};

struct ReplayedIncident {
    Incident incident;      // ids count from 1; nobody acknowledges, comments or resolves by hand
    Reason reason = Reason::quorum_down;
    Json evidence;          // votes and rule at its opening, as `evidence_of`
    bool assumed = false;   // an answer from the next round was among the votes that opened it
};

// An edge, or a failure that did not page.
struct ReplayedNote {
    MonitorId monitor;
    TimePoint at;
    Note note;
    Json evidence;
};

// What the core made of one result.
struct ReplayedResult {
    StoredResult result;
    Reason reason = Reason::vote_counted;
    bool assumed = false;
};

class Replay {
public:
    struct Options {
        Unmade unmade = Unmade::from_next_round;
        std::size_t notes = 200;    // the first so many are kept; all are counted
        std::size_t results = 0;    // the last so many
    };
    explicit Replay(Options options) : options_(options) {}

    // All monitors before the first result. Votes are expected from `since` on.
    void watch(Definition definition, TimePoint since);

    // In order of receipt; of a monitor that is not watched: nothing. Decides on what is old enough that the next round is known.
    void feed(StoredResult result);
    // Decides on the rest, and on what time alone brings up to `until`. Nothing may be fed after it.
    void finish(TimePoint until);

    [[nodiscard]] const std::vector<ReplayedIncident>& incidents() const { return incidents_; }
    [[nodiscard]] const std::vector<ReplayedNote>& notes() const { return notes_; }
    [[nodiscard]] const std::map<std::pair<NoteKind, Reason>, int>& counts() const { return counts_; }
    [[nodiscard]] const std::deque<ReplayedResult>& results() const { return results_; }
    [[nodiscard]] int assumed_answers() const { return assumed_answers_; }
    [[nodiscard]] int unanswered() const { return unanswered_; }  // checks asked for and not made, that nobody answers
    // Null for one that is not watched.
    [[nodiscard]] const MonitorState* state_of(MonitorId monitor) const;

private:
    struct Watched {
        Definition definition;
        MonitorState state;
        TimePoint since;
        std::optional<TimePoint> armed;
    };
    using Key = std::tuple<MonitorId, RegionId, Slot, int>;

    void decide_until(TimePoint until);
    void run_ticks(TimePoint until);
    void happens(Watched& watched, TimePoint now, decltype(Event::what) what);
    void arm(Watched& watched, TimePoint now);
    void carry_out(Watched& watched, TimePoint now, const Effect& effect);
    void mark(const Definition& definition, TimePoint now, const MonitorMarked& marked);
    void ask(const Watched& watched, const Confirm& confirm);
    void apply(const IncidentDecision& decision);
    const StoredResult* made(MonitorId monitor, RegionId region, Slot slot, int attempt) const;
    const ResultSeen* next_round(MonitorId monitor, RegionId region, Slot after, milliseconds& took) const;
    [[nodiscard]] bool votes_are_assumed(const Watched& watched) const;
    [[nodiscard]] std::optional<Incident> open(SiteId site, Scope scope) const;

    Options options_;
    std::map<MonitorId, Watched> monitors_;
    std::deque<StoredResult> upcoming_;                       // fed, and not decided on yet
    std::multimap<TimePoint, StoredResult> answers_;          // assumed ones, by the instant of their receipt
    std::set<Key> assumed_;
    std::set<std::pair<TimePoint, MonitorId>> ticks_;
    milliseconds ahead_{0};                                   // how far must be known before something is decided
    TimePoint now_;
    std::vector<ReplayedIncident> incidents_;
    std::map<std::pair<SiteId, Scope>, std::size_t> open_;    // index into incidents_
    std::vector<ReplayedNote> notes_;
    std::map<std::pair<NoteKind, Reason>, int> counts_;
    std::deque<ReplayedResult> results_;
    Reason last_reason_ = Reason::nothing_due;
    int assumed_answers_ = 0;
    int unanswered_ = 0;
};

}  // namespace sonde::decision
