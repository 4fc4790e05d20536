// What people ask of incidents, as it goes to the core, and its text form: the control plane writes it down, the engine reads it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/decision/effect.h"
#include "lib/json/json.h"

namespace sonde::decision {

enum class Action : unsigned char {
    acknowledge,
    unacknowledge,
    comment,
    resolve,
    open,              // with Opening
    assign,            // with Assignment
    set_severity,      // with SeverityWish
    set_title,         // with Retitling
    reopen,            // with Reopening
    publish_update,    // with UpdateDraft
    edit_update,       // with UpdateDraft
    delete_update,     // with UpdateDraft, of which the number counts
    write_postmortem,  // with PostmortemDraft
    escalate,          // with Due
    remind,            // with Due
};

// What the public reads: no state of the incident, for people say when they tell what.
enum class PublicStatus : unsigned char { investigating, identified, monitoring, resolved };

struct Opening {
    SiteId site;
    Scope scope = Scope::outage;
    std::string title;
    std::optional<Severity> severity = {};   // nothing: as bad as the monitors named
    std::vector<MonitorId> monitors = {};    // that are affected, whether or not their checks see it
    bool auto_resolve = false;
};
struct Assignment {
    std::string to;  // empty: to nobody
};
struct SeverityWish {
    std::optional<Severity> severity = {};  // nothing: it follows the monitors again
};
struct Retitling {
    std::string title;
};
struct Reopening {
    std::optional<bool> auto_resolve = {};  // nothing: if monitors are failing
};
struct UpdateDraft {
    int number = 0;  // of the one to be edited or deleted
    PublicStatus status = PublicStatus::investigating;
    std::string text;
};
struct PostmortemDraft {
    std::string text;
    std::string root_cause;
    bool published = false;
};

// What time brought about, as the notifier found it: a step of an escalation, a reminder.
struct Due {
    Json details = Json::object();    // for the timeline and the event
    bool reached = true;              // a step leads to somebody
    bool while_acknowledged = false;  // also of an incident that somebody has acknowledged
};

using Terms = std::variant<std::monostate, Opening, Assignment, SeverityWish, Retitling, Reopening, UpdateDraft, PostmortemDraft, Due>;

// What a person asked for, or time.
struct Command {
    Action action = Action::acknowledge;
    std::string actor;
    std::string comment;               // why, in the person's words; may be empty but for Action::comment
    std::optional<int> if_version;
    Terms terms = {};                  // those of the action
    bool may_edit_others = false;      // public updates that somebody else wrote
};

// Why a command was not carried out.
enum class Refusal : unsigned char {
    none,
    is_resolved,        // a resolved incident is not acknowledged or assigned
    is_not_resolved,    // only a resolved one is reopened, and only of a resolved one a postmortem published
    too_late,           // resolved longer ago than it may be reopened
    another_is_open,    // there is one open incident a site and scope
    exists_already,
    site_is_gone,
    no_such_monitor,    // of the site
    no_such_update,     // or it was deleted
    not_the_author,
    too_many_updates,
    unreadable,         // written down by a newer version
    is_acknowledged,    // and what was due is for one that nobody has acknowledged
};

// `{"comment", "may_edit_others", "terms"}`, as in `incident_command.body`.
Json write_body(const Command& command);
// Fills in comment, terms and may_edit_others; false if the terms are not those of `command.action`.
bool read_body(const Json& body, Command& command);

constexpr std::size_t kMostUpdates = 200;  // public updates of one incident

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::Action> {
    static constexpr std::array<std::string_view, 15> names{"acknowledge", "unacknowledge", "comment",        "resolve",     "open",
                                                            "assign",      "set_severity",  "set_title",      "reopen",      "publish_update",
                                                            "edit_update", "delete_update", "write_postmortem", "escalate",    "remind"};
};

template <>
struct sonde::EnumNames<sonde::decision::PublicStatus> {
    static constexpr std::array<std::string_view, 4> names{"investigating", "identified", "monitoring", "resolved"};
};

template <>
struct sonde::EnumNames<sonde::decision::Refusal> {
    static constexpr std::array<std::string_view, 13> names{"none",         "is_resolved",     "is_not_resolved", "too_late",
                                                            "another_is_open", "exists_already", "site_is_gone",   "no_such_monitor",
                                                            "no_such_update",  "not_the_author", "too_many_updates", "unreadable",
                                                            "is_acknowledged"};
};
