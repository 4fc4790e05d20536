// Holds what Sonde says against what is true. Knows the rules from ARCHITECTURE.md, "What counts as down", and nothing of how they are carried out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "incident-engine/deliberation.h"
#include "lib/message/result.h"
#include "simulation/database.h"
#include "simulation/report.h"
#include "simulation/trace.h"

namespace sonde::simulation {

// A monitor's part in incidents of one scope.
struct Membership {
    TimePoint at;
    bool in = false;
};

// How many were suppressed because of the outage of a site, as its open incident said since then.
struct Affected {
    TimePoint at;
    int monitors = 0;
};

// A failure that was told: an incident opened with it, or it joined one.
struct Page {
    MonitorId monitor;
    decision::Scope scope = decision::Scope::outage;
    TimePoint at;             // decided
    TimePoint failing_since;  // its votes that are down, or `at`
    std::vector<std::string> seen_from = {};  // the regions of those that count
};

class Referee {
public:
    Referee(const Clockwork& clockwork, const Plan& plan, Database& database, Trace& trace);

    // ── what the models tell ──
    // A check was really made.
    void checked(const message::ProbeResult& result, const std::string& region, TimePoint began, std::uint64_t spec);
    // The results stream has told an agent that it has these.
    void accepted(const std::string& payload, int shard, const std::string& region);
    void lost_in_bus(const std::string& stream, const std::string& payload);
    // An engine begins to decide on a batch; then each step, when it was decided.
    void deliberates(const std::string& engine, milliseconds behind);
    void decided(const std::string& engine, const engine::Deliberation& deliberation, const decision::Definition& definition, const engine::Seen* seen);
    // The last of it, for monitors that nothing was heard of too.
    void settled(const std::string& engine, const engine::Deliberation& deliberation);
    void committed(const std::string& engine, const engine::Writes& writes);
    // Something that must not be, found by a model.
    void broke(std::string_view what, std::string_view how);

    // ── at the end ──
    [[nodiscard]] const std::vector<Membership>& membership(MonitorId monitor, decision::Scope scope) const;
    [[nodiscard]] const std::vector<TimePoint>& resolved_by_hand(MonitorId monitor) const;
    [[nodiscard]] const std::vector<Page>& told() const { return told_; }
    [[nodiscard]] int affected_by(SiteId site, TimePoint at) const;
    // Results that the stream had, that were not lost in it, and that are not in the database.
    [[nodiscard]] std::vector<ResultKey> vanished() const;
    [[nodiscard]] std::string label(MonitorId monitor) const;
    Report& report() { return report_; }
    // Counts a fault against Sonde, and tells the trace.
    void found(Finding what, std::string how);

private:
    struct Run {
        TimePoint began;
        check::Verdict verdict = check::Verdict::unknown;
        std::uint64_t spec = 0;
    };
    struct Latest {
        Slot slot;
        int attempt = 0;
    };
    using Votes = std::map<std::pair<MonitorId, std::string>, Latest>;

    // Whether it was ever checked by that spec; a check that nobody saw is taken to have been.
    [[nodiscard]] bool was_of_spec(const ResultKey& key, std::uint64_t spec) const;
    [[nodiscard]] const Run* run_of(const ResultKey& key, check::Verdict verdict) const;
    // Empty if the votes bear what was decided: real, current, fresh, the latest of their regions, and enough of them.
    [[nodiscard]] std::string doubt_of(const std::string& engine, const engine::Deliberation& deliberation, const decision::Definition& definition, bool down) const;
    // A person paused or deleted it.
    [[nodiscard]] bool was_taken_off(MonitorId monitor) const;
    [[nodiscard]] bool edited_lately(MonitorId monitor, milliseconds within) const;

    void judge_entry(const std::string& engine, const engine::Deliberation& deliberation, const engine::TimelineRow& row);
    void judge_advisories(const engine::Writes& writes);

    // Incidents by the order of their appearance, since their ids differ from run to run.
    int number_of(IncidentId incident);

    const Clockwork& clockwork_;
    const Plan& plan_;
    Database& database_;
    Trace& trace_;
    Report report_;
    std::map<ResultKey, std::vector<Run>> runs_;
    std::set<ResultKey> accepted_;
    std::set<ResultKey> lost_;
    Votes latest_;                                    // decided on and committed
    std::map<std::string, Votes> deciding_;           // by engine: of the batch under way
    std::map<std::string, std::size_t> entries_;      // of its timeline, judged already
    std::map<std::string, std::vector<Page>> telling_;  // by engine: in the batch under way
    std::vector<Page> told_;
    std::map<std::pair<MonitorId, decision::Scope>, std::vector<Membership>> memberships_;
    std::unordered_map<MonitorId, std::vector<TimePoint>> by_hand_;
    std::map<SiteId, std::vector<Affected>> affected_;
    std::map<IncidentId, int> numbers_;
};

// Domains that must be failing, as the rule says, of those that voted lately and those there are. Written anew, not taken from the core.
int domains_needed_down(const check::Quorum& quorum, int fresh, int configured);
int domains_needed_up(const check::Quorum& quorum, int fresh, int configured);
int domains_needed_fresh(const check::Quorum& quorum, int configured);

}  // namespace sonde::simulation
