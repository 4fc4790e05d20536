// A site with its monitors, decided on by the core alone: what the engine's shell does, without a clock, a database or a bus.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/decision/decide.h"
#include "lib/decision/dependency.h"
#include "lib/decision/group.h"
#include "lib/decision/incident.h"

namespace sonde::decision::test {

struct Watched {
    decision::Definition definition;
    decision::MonitorState state;
    bool seen = false;
};

class World : public decision::View {
public:
    // In the order of adding. The name is the region's id plus one.
    int add(decision::Definition definition);
    Watched& monitor(int index) { return monitors_.at(static_cast<std::size_t>(index)); }
    [[nodiscard]] std::size_t size() const { return monitors_.size(); }

    // Decides, applies, and returns what happened: `reason; effect; effect`.
    std::string happens(int index, TimePoint now, decltype(decision::Event::what) what);
    std::string site_gone(TimePoint now);
    std::string command(TimePoint now, decision::Scope scope, decision::Command command);

    // The earliest instant at which a tick is due, and for which monitor; nothing if none is.
    [[nodiscard]] std::optional<std::pair<TimePoint, int>> next_tick(TimePoint now) const;

    // Who depends on whom, which groups there are, and which windows are open on which monitors.
    decision::Dependencies relations;
    std::map<int, WindowId> windows;
    std::map<GroupId, decision::GroupState> groups;
    // Everybody looks around until nothing changes any more. Returns what happened: ` | @API …`.
    std::string settle(TimePoint now);
    [[nodiscard]] decision::Suppression around(int index) const;
    [[nodiscard]] const decision::MonitorState* state(MonitorId monitor) const override;
    [[nodiscard]] const decision::Definition* definition(MonitorId monitor) const override;

    // All incidents there ever were, in the order of opening, and all advisories.
    std::vector<decision::Incident> incidents;
    std::vector<decision::Advisory> advisories_open;
    std::vector<decision::Confirm> last_asked;
    TimePoint listening_since;

private:
    std::string apply(int index, TimePoint now, const decision::Effect& effect);
    std::string apply(const decision::IncidentDecision& decision);
    // The number of the incident that would be opened next, from 1.
    [[nodiscard]] IncidentId fresh_incident() const { return IncidentId{static_cast<std::int64_t>(incidents.size()) + 1}; }
    std::string mark(const decision::Definition& definition, TimePoint now, decision::TimelineKind kind, decision::Reason reason);
    std::string decide_on(int index, TimePoint now, decltype(decision::Event::what) what);
    std::string look_at(const decision::GroupDefinition& group, TimePoint now);
    std::string parents_asked(int index, TimePoint now, TimePoint since);
    decision::Incident* open(decision::Scope scope);

    std::vector<Watched> monitors_;
    std::int64_t next_id_ = 1;
};

// A definition with regions `eu us ap sa af` (ids from 1) of the given domains, 30 s interval and 10 s timeout.
decision::Definition definition_with(std::vector<std::string> domains);

}  // namespace sonde::decision::test
