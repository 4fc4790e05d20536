// A site's incident: monitors join and leave it, people work on it. Pure, as `decide`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/decision/effect.h"
#include "lib/decision/incident_command.h"

namespace sonde::decision {

enum class IncidentState : unsigned char { open, acknowledged, resolved };

// The cause of a member as the timeline has it. A cause that flaps is written seldom: after each change the pause until the next doubles.
struct CauseTold {
    check::FailureClass cause = check::FailureClass::none;
    TimePoint at;
    int changes = 0;
    friend bool operator==(const CauseTold&, const CauseTold&) = default;
};

struct Member {
    MonitorId monitor;
    std::string name;
    check::FailureClass cause = check::FailureClass::none;  // as last seen
    TimePoint joined_at;
    std::optional<TimePoint> left_at;
    Severity severity = Severity::critical;                 // its own
    std::vector<std::string> regions = {};                  // names of those that see it, as last seen
    bool named = false;                                     // by a person; its checks have not been seen failing in this incident
    CauseTold told = {};
    bool is_group = false;                                  // `monitor` is the number of a group
    friend bool operator==(const Member&, const Member&) = default;
};

struct PublicUpdate {
    int number = 0;  // from 1, in the order of publishing
    PublicStatus status = PublicStatus::investigating;
    std::string text;
    std::string author;
    TimePoint at;
    std::optional<TimePoint> edited_at;   // the timeline has what it was before
    std::optional<TimePoint> deleted_at;
    friend bool operator==(const PublicUpdate&, const PublicUpdate&) = default;
};

struct Postmortem {
    int version = 0;  // from 1; all are kept
    std::string text;
    std::string root_cause;
    bool published = false;
    std::string author;
    TimePoint at;
    friend bool operator==(const Postmortem&, const Postmortem&) = default;
};

struct Incident {
    IncidentId id;
    SiteId site;
    Scope scope = Scope::outage;
    IncidentState state = IncidentState::open;
    Severity severity = Severity::critical;  // the worst of those that are failing in it, unless a person set it
    std::string title;                       // as of its opening, until a person changes it
    std::int64_t seq = 0;                    // of the last timeline entry; rises by one with each
    int version = 0;                         // rises with every entry
    TimePoint failing_since;
    TimePoint opened_at;
    std::optional<TimePoint> acknowledged_at;
    std::string acknowledged_by;
    std::optional<TimePoint> resolved_at;
    std::string resolved_by;
    std::vector<Member> members;             // in the order of joining; those that left stay, with left_at
    Severity worst_severity = Severity::critical;  // that it ever had
    bool severity_pinned = false;            // a person set it
    std::string opened_by = "engine";
    bool auto_resolve = true;                // when the last that was failing has recovered
    std::string assigned_to = {};            // empty: to nobody
    std::optional<TimePoint> reopened_at = {};
    int reopened = 0;                        // times
    std::vector<PublicUpdate> updates = {};  // those deleted stay, with deleted_at
    std::optional<Postmortem> postmortem = {};  // the latest version
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

// What is seen of a monitor that takes part: another cause, other regions, another severity of its own.
struct MonitorSeen {
    MonitorId monitor;
    Severity severity = Severity::critical;
    check::FailureClass cause = check::FailureClass::none;
    std::vector<std::string> regions;
};

// Something to be seen in the timeline, if the monitor takes part in the incident; nothing else changes.
enum class TimelineKind : unsigned char;
struct MonitorMarked {
    MonitorId monitor;
    TimelineKind kind{};
    Reason reason = Reason::flapping_began;
};

// The site was deleted: whatever is open of it ends.
struct SiteGone {
    Reason reason = Reason::site_deleted;
};

// What a command must know beside the incident.
struct Around {
    std::optional<IncidentId> other_open = {};   // of the site and scope
    std::string site_name = {};
    bool site_there = true;
    std::vector<MonitorJoins> failing = {};      // monitors of the site that fail in the scope now and are in no open incident
    struct Named {
        MonitorId monitor;
        std::string name;
        Severity severity = Severity::critical;
    };
    std::vector<Named> named = {};               // of the monitors that an Opening names, those of the site that there are
    milliseconds reopen_within{86'400'000};
};

// How many are suppressed now because of it.
struct RadiusSeen {
    int monitors = 0;
    int sites = 0;
};

struct IncidentEvent {
    TimePoint now;
    IncidentId fresh_id;  // for an incident, should one be opened
    std::variant<MonitorJoins, MonitorLeaves, Command, MonitorSeen, SiteGone, MonitorMarked, RadiusSeen> what;
    Around around = {};   // of a Command
};

enum class TimelineKind : unsigned char {
    opened,
    monitor_joined,
    monitor_left,
    acknowledged,
    unacknowledged,
    commented,
    resolved,
    cause_changed,
    severity_changed,
    assigned,
    title_changed,
    reopened,
    update_published,
    update_edited,
    update_deleted,
    postmortem_written,
    flapping_began,
    flapping_ended,
    radius,
    escalated,
    reminded,
};

// What is told of an incident: events `incident.<kind>`.
enum class Told : unsigned char {
    opened,
    updated,
    acknowledged,
    unacknowledged,
    commented,
    resolved,
    severity_changed,
    assigned,
    reopened,
    update_published,
    update_edited,
    update_deleted,
    postmortem_published,
    escalated,
    reminder,
};

struct TimelineEntry {
    std::int64_t seq = 0;
    TimelineKind kind = TimelineKind::opened;
    std::string actor;  // `engine`, or who did it
    std::optional<MonitorId> monitor;
    Reason reason = Reason::by_request;
    std::string comment;
    Json details = {};  // an object with what the kind has: `from` and `to`, the public update, …; null if nothing
};

enum class CommandOutcome : unsigned char { done, unchanged, conflict, not_found, stale, forbidden };

struct IncidentDecision {
    std::optional<Incident> next;         // differs from what it was only if there are entries or `touched`
    std::vector<TimelineEntry> entries;
    std::optional<Told> told;             // the main news, if there is any: `news_of` has all
    CommandOutcome outcome = CommandOutcome::unchanged;
    Refusal refusal = Refusal::none;      // of a command that was refused
    bool touched = false;                 // what is seen of a member changed, which is neither told nor a new version
};

// `incident` is the open one of the site and scope for joining, leaving and seeing, and the one named for a command; nothing if there is none.
// Doing again what was done already, joining twice, leaving what one is not in: nothing happens.
IncidentDecision decide(std::optional<Incident> incident, const IncidentEvent& event);

struct News {
    Told told = Told::opened;
    std::size_t entry = 0;  // index of the entry that it goes with
};
// The events of a decision, in order: the main one, and one more if the severity changed with it.
std::vector<News> news_of(const IncidentDecision& decision);

// `API is down: connect_refused from eu, us`; `Shop: Checkout is degraded: too_slow from eu` where the names differ.
std::string title_of(const MonitorJoins& joins);

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::IncidentState> {
    static constexpr std::array<std::string_view, 3> names{"open", "acknowledged", "resolved"};
};

template <>
struct sonde::EnumNames<sonde::decision::TimelineKind> {
    static constexpr std::array<std::string_view, 21> names{
        "opened",   "monitor_joined",   "monitor_left",  "acknowledged",   "unacknowledged", "commented",
        "resolved", "cause_changed",    "severity_changed", "assigned",    "title_changed",  "reopened",
        "update_published", "update_edited", "update_deleted", "postmortem_written",
        "flapping_began", "flapping_ended", "radius", "escalated", "reminded"};
};

template <>
struct sonde::EnumNames<sonde::decision::Told> {
    static constexpr std::array<std::string_view, 15> names{
        "incident.opened",   "incident.updated",          "incident.acknowledged",   "incident.unacknowledged", "incident.commented",
        "incident.resolved", "incident.severity_changed", "incident.assigned",       "incident.reopened",       "incident.update_published",
        "incident.update_edited", "incident.update_deleted", "incident.postmortem_published", "incident.escalated", "incident.reminder"};
};

template <>
struct sonde::EnumNames<sonde::decision::CommandOutcome> {
    static constexpr std::array<std::string_view, 6> names{"done", "unchanged", "conflict", "not_found", "stale", "forbidden"};
};
