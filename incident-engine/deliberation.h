// One batch of events, decided on copies: what is in memory changes only when `apply` is called, after the commit.
#pragma once

#include <map>
#include <set>

#include "incident-engine/holdings.h"
#include "incident-engine/writes.h"

namespace sonde::engine {

// Not thread-safe. No I/O; ids are made here, time comes in.
class Deliberation : public decision::View {
public:
    // Decides as of `now`, `behind` later than that (decision::Event).
    Deliberation(const Holdings& holdings, TimePoint now, milliseconds behind = {}) : holdings_(holdings), now_(now), behind_(behind) {}

    // Returns what became of it. The monitor must be held.
    decision::Reason result(const Seen& seen);
    decision::Reason tick(MonitorId monitor, TimePoint listening_since, TimePoint heard_until);
    decision::Reason definition_read(MonitorId monitor);
    // What is known now of the regions that an outage waits for.
    decision::Reason judged(MonitorId monitor, bool well);
    // Monitors with an outage that began to wait here.
    [[nodiscard]] const std::vector<MonitorId>& held() const { return held_; }
    // A monitor nobody knows any more leaves the site's open incident of that scope.
    void leaves(SiteId site, decision::Scope scope, MonitorId monitor, decision::Reason reason);
    // The site is deleted: what is open of it ends.
    void site_gone(SiteId site);
    // The tags of a site that a command is about, which may have no monitor that memory has them of. Before that command.
    void site_has(SiteId site, std::vector<std::string> tags);
    // `named` is the incident as the database has it, if it is there, and `id` its number, or that of one to be opened. What is held in
    // memory of `around` is filled in here.
    decision::CommandOutcome command(std::int64_t number, IncidentId id, std::optional<decision::Incident> named,
                                     const decision::Command& command, decision::Around around);
    // Answers a command that cannot be carried out.
    void refuse(std::int64_t number, decision::CommandOutcome outcome, decision::Refusal refusal);

    // All that relations may have changed for: windows began or ended, definitions or remote states are others.
    void look_everywhere();
    // Those that what was decided matters to look around, until nothing changes any more. After everything else.
    void settle();
    void radius(SiteId site, const decision::RadiusSeen& seen);
    // The database says that what these events tell was told already: neither they nor decisions are written of it.
    void told_before(const std::vector<EventId>& events);

    // As decided on so far; null for what is not in memory.
    [[nodiscard]] const decision::MonitorState* state(MonitorId monitor) const override;
    [[nodiscard]] const decision::Definition* definition(MonitorId monitor) const override;

    [[nodiscard]] const Writes& writes() const { return writes_; }
    [[nodiscard]] TimePoint now() const { return now_; }

    // Takes the decisions over into memory; `holdings` must be the ones decided on, unchanged since.
    void apply(Holdings& holdings);

private:
    using What = decltype(decision::Event::what);
    decision::Reason ping(const Watched& watched, const message::ProbeResult& result);
    decision::Reason decide(const Watched& watched, What what);
    // A check that counts says that something ends soon.
    void expires(const Watched& watched, Slot slot, const Json& detail);
    [[nodiscard]] std::vector<decision::ExpiryTold> expiries_told(MonitorId monitor) const;
    void carry_out(const Watched& watched, const decision::MonitorState& state, std::vector<decision::Effect>& effects);
    void joins(const Watched& watched, const decision::Joins& joins, const Json& evidence, std::optional<std::size_t> edge);
    void left(SiteId site, decision::Scope scope, const decision::MonitorLeaves& leaves, const decision::Definition* definition, const Json* evidence,
              std::optional<std::size_t> edge);
    void advisory(const Watched& watched, const decision::Advisory& advisory, std::string_view kind, decision::Reason reason, const Json& evidence);
    void flapping(const Watched& watched, bool began, decision::Reason reason, const Json& evidence);
    void see(const Watched& watched, const decision::MonitorState& state);
    void record(const decision::IncidentDecision& decision, const decision::Definition* definition, const Json* evidence);
    void tell(const decision::IncidentDecision& decision, const decision::News& news, const decision::Definition* definition, const Json* evidence);
    // The open incident as decided on so far; null if there is none. Valid until the next decision.
    const decision::Incident* look(SiteId site, decision::Scope scope) const;
    std::optional<decision::Incident> open(SiteId site, decision::Scope scope) const;
    std::vector<decision::MonitorJoins> failing(SiteId site, decision::Scope scope) const;
    std::string site_name(SiteId site) const;
    std::vector<std::string> tags_of(const decision::Incident& incident) const;
    std::vector<std::string> tags_of_all(const std::vector<MonitorId>& monitors) const;
    Json evidence_now(MonitorId monitor) const;

    decision::Suppression around(const Watched& watched) const;
    void note_suppression(const Watched& watched, const decision::Muting& before, const decision::MonitorState& after);
    void ask_parents(const Watched& watched, TimePoint since);
    void look_at_monitor(MonitorId monitor);
    void look_at_group(GroupId id);
    void follow_group(const decision::GroupDefinition& group, const decision::GroupState& state);
    void tell_group(const decision::GroupDefinition& group, const decision::GroupState& before, const decision::GroupDecision& decision);
    Json failing_members(GroupId id) const;
    Json suppressed_by(const std::optional<decision::Withheld>& withheld) const;

    const Holdings& holdings_;
    TimePoint now_;
    milliseconds behind_;
    Writes writes_;
    std::vector<MonitorId> held_;
    std::map<std::pair<SiteId, decision::Scope>, IncidentId> open_;  // changed here: id 0 for resolved
    std::map<SiteId, std::vector<std::string>> tags_;                // of sites that commands brought
    std::map<SiteId, std::string> names_;                            // of sites that commands and groups brought, which memory may not have
    std::set<MonitorId> changed_;  // their footing, and nobody has looked yet
    std::set<MonitorId> asked_;    // parents
};

}  // namespace sonde::engine
