// What one transaction of the engine writes, in the shape of its tables.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "incident-engine/event.h"
#include "lib/decision/expiry.h"
#include "lib/decision/group.h"
#include "lib/message/result.h"

namespace sonde::engine {

// A result with what is known of it besides its own fields.
struct Seen {
    const message::ProbeResult* result = nullptr;
    decision::RegionId region{};
    std::string_view region_name;
    int shard = 0;
    TimePoint received_at;
};

struct DecisionRow {
    MonitorId monitor;
    decision::Note note;
    std::optional<IncidentId> incident;
    std::string votes;  // JSON
    std::optional<EventId> event = std::nullopt;  // without which it means nothing
};

struct TimelineRow {
    IncidentId incident;
    decision::TimelineEntry entry;
    std::string data;  // JSON
};

struct AdvisoryRow {
    SiteId site;
    MonitorId monitor;
    decision::Advisory advisory;
    std::vector<std::string> regions;
    bool closed = false;
    decision::Reason reason = decision::Reason::minority_failing;  // of its last change
};

// What is withheld of a monitor from now on, in place of what was; nothing: it is told, or it is over.
struct SuppressionRow {
    MonitorId monitor;
    SiteId site;
    decision::Scope scope = decision::Scope::outage;
    std::optional<decision::Withheld> withheld;
    bool told = false;
};

struct Asking {
    MonitorId monitor;
    decision::Confirm confirm;
};

// A threshold that is told now, by that event.
struct ExpiryRow {
    MonitorId monitor;
    decision::ExpiryTold told;
    EventId event;
    bool told_before = false;  // the database knew it: nothing is told, and it is only to be remembered
};

struct Answer {
    std::int64_t command = 0;
    decision::CommandOutcome outcome = decision::CommandOutcome::unchanged;
    decision::Refusal refusal = decision::Refusal::none;
};

struct Writes {
    std::unordered_map<MonitorId, decision::MonitorState> states;  // as they will be
    std::vector<MonitorId> forgotten;                          // deleted monitors, of which nothing is open
    std::map<IncidentId, decision::Incident> incidents;            // changed or new, as they will be
    std::set<IncidentId> updated;                                  // of those, whose public updates changed
    std::set<IncidentId> examined;                                 // of those, that have a new version of their postmortem
    std::vector<DecisionRow> decisions;
    std::vector<TimelineRow> timeline;
    std::vector<AdvisoryRow> advisories;
    std::vector<Event> events;
    std::vector<ExpiryRow> expiries;
    std::vector<Answer> answers;
    std::vector<Asking> asking;                                // published after the commit
    std::map<GroupId, decision::GroupState> groups;            // as they will be
    std::vector<SuppressionRow> suppressions;
    std::set<MonitorId> footings;                              // that changed, of monitors that others depend on

    [[nodiscard]] bool empty() const {
        return states.empty() && forgotten.empty() && incidents.empty() && decisions.empty() && timeline.empty() && advisories.empty() &&
               events.empty() && answers.empty() && groups.empty() && suppressions.empty() && footings.empty();
    }
};

}  // namespace sonde::engine
