// One batch of events, decided on copies: what is in memory changes only when `apply` is called, after the commit.
#pragma once

#include <map>

#include "incident-engine/holdings.h"
#include "incident-engine/writes.h"

namespace sonde::engine {

// Not thread-safe. No I/O; ids are made here, time comes in.
class Deliberation {
public:
    Deliberation(const Holdings& holdings, TimePoint now) : holdings_(holdings), now_(now) {}

    // Returns what became of it. The monitor must be held.
    core::Reason result(const Seen& seen);
    core::Reason tick(MonitorId monitor, TimePoint listening_since, TimePoint heard_until);
    core::Reason definition_read(MonitorId monitor);
    // A monitor nobody knows any more leaves the site's open incident of that scope.
    void leaves(SiteId site, core::Scope scope, MonitorId monitor, core::Reason reason);
    // `named` is the incident as the database has it, if it is there.
    core::CommandOutcome command(std::int64_t number, std::optional<core::Incident> named, const core::Command& command);

    [[nodiscard]] const Writes& writes() const { return writes_; }
    [[nodiscard]] TimePoint now() const { return now_; }

    // Takes the decisions over into memory; `holdings` must be the ones decided on, unchanged since.
    void apply(Holdings& holdings);

private:
    using What = decltype(core::Event::what);
    core::Reason ping(const Watched& watched, const message::ProbeResult& result);
    core::Reason decide(const Watched& watched, What what);
    void carry_out(const Watched& watched, const core::MonitorState& state, std::vector<core::Effect>& effects);
    void joins(const Watched& watched, const core::Joins& joins, const Json& evidence, std::optional<std::size_t> edge);
    void left(SiteId site, core::Scope scope, const core::MonitorLeaves& leaves, const core::Definition* definition, const Json* evidence,
              std::optional<std::size_t> edge);
    void advisory(const Watched& watched, const core::Advisory& advisory, bool closed, bool told, core::Reason reason, const Json& evidence);
    void record(const core::IncidentDecision& decision, const core::Definition* definition, const Json* evidence);
    // The open incident as decided on so far.
    std::optional<core::Incident> open(SiteId site, core::Scope scope) const;
    std::string site_name(SiteId site) const;

    const Holdings& holdings_;
    TimePoint now_;
    Writes writes_;
    std::map<std::pair<SiteId, core::Scope>, IncidentId> open_;  // changed here: id 0 for resolved
};

}  // namespace sonde::engine
