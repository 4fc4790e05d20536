// A site with its monitors, decided on by the core alone: what the engine's shell does, without a clock, a database or a bus.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "incident-engine/core/decide.h"
#include "incident-engine/core/incident.h"

namespace sonde::engine::test {

struct Watched {
    core::Definition definition;
    core::MonitorState state;
    bool seen = false;
};

class World {
public:
    // In the order of adding. The name is the region's id plus one.
    int add(core::Definition definition);
    Watched& monitor(int index) { return monitors_.at(static_cast<std::size_t>(index)); }
    [[nodiscard]] std::size_t size() const { return monitors_.size(); }

    // Decides, applies, and returns what happened: `reason; effect; effect`.
    std::string happens(int index, TimePoint now, decltype(core::Event::what) what);
    std::string command(TimePoint now, core::Scope scope, core::Command command);

    // The earliest instant at which a tick is due, and for which monitor; nothing if none is.
    [[nodiscard]] std::optional<std::pair<TimePoint, int>> next_tick(TimePoint now) const;

    // All incidents there ever were, in the order of opening, and all advisories.
    std::vector<core::Incident> incidents;
    std::vector<core::Advisory> advisories_open;
    std::vector<core::Confirm> last_asked;
    TimePoint listening_since;

private:
    std::string apply(int index, TimePoint now, const core::Effect& effect);
    std::string apply(const core::IncidentDecision& decision);
    core::Incident* open(core::Scope scope);

    std::vector<Watched> monitors_;
    std::int64_t next_id_ = 1;
};

// A definition with regions `eu us ap sa af` (ids from 1) of the given domains, 30 s interval and 10 s timeout.
core::Definition definition_with(std::vector<std::string> domains);

}  // namespace sonde::engine::test
