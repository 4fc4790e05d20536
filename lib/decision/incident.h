// A site's incident: monitors join and leave it, people work on it. Pure, as `decide`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/decision/effect.h"

namespace sonde::decision {

enum class IncidentState : unsigned char { open, acknowledged, resolved };

struct Member {
    MonitorId monitor;
    std::string name;
    check::FailureClass cause = check::FailureClass::none;
    TimePoint joined_at;
    std::optional<TimePoint> left_at;
    bool is_group = false;  // `monitor` is the number of a group
    friend bool operator==(const Member&, const Member&) = default;
};

struct Incident {
    IncidentId id;
    SiteId site;
    Scope scope = Scope::outage;
    IncidentState state = IncidentState::open;
    Severity severity = Severity::critical;  // the worst of those that joined
    std::string title;                       // as of its opening
    std::int64_t seq = 0;                    // of the last timeline entry; rises by one with each
    int version = 0;                         // rises with every change
    TimePoint failing_since;
    TimePoint opened_at;
    std::optional<TimePoint> acknowledged_at;
    std::string acknowledged_by;
    std::optional<TimePoint> resolved_at;
    std::string resolved_by;
    std::vector<Member> members;             // in the order of joining; those that left stay, with left_at
    int affected_monitors = 0;               // suppressed because of it, when that was last told
    int affected_sites = 0;

    [[nodiscard]] bool has(MonitorId monitor) const;  // and it has not left
    friend bool operator==(const Incident&, const Incident&) = default;
};

// A monitor's failure, as the monitor's own decision found it.
struct MonitorJoins {
    SiteId site;
    std::string site_name;
    MonitorId monitor;
    std::string monitor_name;
    Scope scope = Scope::outage;
    Severity severity = Severity::critical;
    check::FailureClass cause = check::FailureClass::none;
    TimePoint failing_since;
    std::vector<std::string> regions;  // names of those that see it
    Reason reason = Reason::quorum_down;
    bool is_group = false;             // `monitor` is the number of a group
};

struct MonitorLeaves {
    MonitorId monitor;
    Reason reason = Reason::quorum_recovered;
};

enum class Action : unsigned char { acknowledge, unacknowledge, comment, resolve };

// What a person asked for.
struct Command {
    Action action = Action::acknowledge;
    std::string actor;
    std::string comment;
    std::optional<int> if_version;
};

// How many are suppressed now because of it.
struct RadiusSeen {
    int monitors = 0;
    int sites = 0;
};

struct IncidentEvent {
    TimePoint now;
    IncidentId fresh_id;  // for an incident, should one be opened
    std::variant<MonitorJoins, MonitorLeaves, Command, RadiusSeen> what;
};

enum class TimelineKind : unsigned char { opened, monitor_joined, monitor_left, acknowledged, unacknowledged, commented, resolved, radius };

// What is told of an incident: events `incident.<kind>`.
enum class Told : unsigned char { opened, updated, acknowledged, unacknowledged, commented, resolved };

struct TimelineEntry {
    std::int64_t seq = 0;
    TimelineKind kind = TimelineKind::opened;
    std::string actor;  // `engine`, or who did it
    std::optional<MonitorId> monitor;
    Reason reason = Reason::by_request;
    std::string comment;
};

enum class CommandOutcome : unsigned char { done, unchanged, conflict, not_found, stale };

struct IncidentDecision {
    std::optional<Incident> next;         // equal to what it was if there are no entries
    std::vector<TimelineEntry> entries;
    std::optional<Told> told;             // at most one event, with the seq of the last entry
    CommandOutcome outcome = CommandOutcome::unchanged;
};

// `incident` is the open one of the site and scope for joining and leaving, and the one named for a command; nothing if there is none.
// Doing again what was done already, joining twice, leaving what one is not in: nothing happens.
IncidentDecision decide(std::optional<Incident> incident, const IncidentEvent& event);

// `API is down: connect_refused from eu, us`; `Shop: Checkout is degraded: too_slow from eu` where the names differ.
std::string title_of(const MonitorJoins& joins);

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::IncidentState> {
    static constexpr std::array<std::string_view, 3> names{"open", "acknowledged", "resolved"};
};

template <>
struct sonde::EnumNames<sonde::decision::Action> {
    static constexpr std::array<std::string_view, 4> names{"acknowledge", "unacknowledge", "comment", "resolve"};
};

template <>
struct sonde::EnumNames<sonde::decision::TimelineKind> {
    static constexpr std::array<std::string_view, 8> names{"opened",         "monitor_joined", "monitor_left", "acknowledged",
                                                           "unacknowledged", "commented",      "resolved",     "radius"};
};

template <>
struct sonde::EnumNames<sonde::decision::Told> {
    static constexpr std::array<std::string_view, 6> names{"incident.opened",         "incident.updated",   "incident.acknowledged",
                                                           "incident.unacknowledged", "incident.commented", "incident.resolved"};
};

template <>
struct sonde::EnumNames<sonde::decision::CommandOutcome> {
    static constexpr std::array<std::string_view, 5> names{"done", "unchanged", "conflict", "not_found", "stale"};
};
