// What a status page shows, as data: all of it may be seen by the public, and nothing else is in it. Rendering is a function of this; nobody
// asks the database for a visit.
//
// Names are those that the page's owner gave. No target, address, region, internal name or raw error gets in here unless the page's settings ask for it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"

namespace sonde::status_page {

// From the best to the worst, as the public reads them.
enum class Condition : unsigned char { operational, maintenance, unknown, degraded, partial_outage, major_outage };

enum class Impact : unsigned char { none, minor, major, critical };
enum class Phase : unsigned char { investigating, identified, monitoring, resolved };
enum class Progress : unsigned char { scheduled, in_progress, completed };

// A stretch in which a component was not well.
struct Disruption {
    TimePoint from;
    TimePoint to;  // `now` of the snapshot if it goes on
    Condition condition = Condition::degraded;
    friend bool operator==(const Disruption&, const Disruption&) = default;
};

// One day of a component, in the page's time zone.
struct Day {
    std::chrono::year_month_day date;
    std::optional<double> uptime;    // 0 to 1; nothing where nothing counted
    std::optional<double> coverage;  // 0 to 1: of the time it was to be watched, how much its state was known
    Condition worst = Condition::operational;
    std::vector<Disruption> disruptions;  // the first ten, in order
    friend bool operator==(const Day&, const Day&) = default;
};

struct Latency {
    std::string region;  // as the page calls it
    double p50_ms = 0;
    double p95_ms = 0;
    friend bool operator==(const Latency&, const Latency&) = default;
};

struct Component {
    std::string id;  // public, of this page alone: 1 to 40 of `a-z 0-9 -`
    std::string name;
    std::string description;
    Condition condition = Condition::unknown;
    TimePoint since;                 // of the condition
    std::optional<double> uptime;    // of all `days`, 0 to 1
    std::optional<double> coverage;
    std::vector<Day> days;           // oldest first, today last; 90 at most, none before it was made
    std::vector<Latency> latencies;  // of the last 24 hours; empty unless chosen
    friend bool operator==(const Component&, const Component&) = default;
};

struct Group {
    std::string name;  // empty: components that stand for themselves
    bool collapsed = false;
    Condition condition = Condition::operational;  // the worst of its components
    std::vector<Component> components;
    friend bool operator==(const Group&, const Group&) = default;
};

struct Update {
    int number = 0;
    TimePoint at;
    Phase phase = Phase::investigating;
    std::string text;  // plain, lines
    friend bool operator==(const Update&, const Update&) = default;
};

struct Incident {
    std::string id;  // `inc_…`
    std::string title;
    Impact impact = Impact::minor;
    Phase phase = Phase::investigating;
    TimePoint began_at;
    std::optional<TimePoint> resolved_at;
    std::vector<std::string> components;  // identifiers, of those on this page
    std::vector<Update> updates;          // newest first
    std::string postmortem;               // if it is published: plain, lines
    std::optional<TimePoint> postmortem_at{};  // when what is published was written; also nothing in snapshots of earlier versions
    friend bool operator==(const Incident&, const Incident&) = default;
};

struct Maintenance {
    std::string id;  // of the window and its occurrence
    std::string title;
    std::string description;
    Progress progress = Progress::scheduled;
    TimePoint starts_at;
    TimePoint ends_at;
    std::vector<std::string> components;
    TimePoint announced_at{};  // when it first could be seen here: the window was made, or came into sight
    friend bool operator==(const Maintenance&, const Maintenance&) = default;
};

// How the page looks and speaks, by its settings.
struct Look {
    std::string title;
    std::string description;
    std::string language = "en";     // en, de, fr, es, hr
    std::string time_zone = "UTC";
    std::string logo;                // a data URL of an image; empty for none
    std::string favicon;             // likewise
    std::string accent = "#2563eb";  // #rrggbb
    std::string css;                 // cleaned: no URLs, imports or scripts
    std::string home_url;            // where the title leads; empty for nowhere
    std::string support_url;
    bool indexed = true;             // search engines may
    bool shows_uptime = true;
    bool shows_history = true;
    friend bool operator==(const Look&, const Look&) = default;
};

struct Snapshot {
    std::string slug;
    Look look;
    TimePoint made_at;
    Condition condition = Condition::operational;  // of the page: the worst that is
    std::vector<Group> groups;                     // in their order; 500 components at most
    std::vector<Incident> open;                    // newest first
    std::vector<Incident> past;                    // resolved within the last 90 days, newest first
    std::vector<Maintenance> maintenance;          // in progress, then scheduled for the next 30 days, then completed within the last 30
    std::string accounting;                        // how uptime counts: `degraded=up unknown=excluded pending=excluded maintenance=excluded paused=excluded`
    bool subscribable = false;                     // whoever reads it may ask to be told
    friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

}  // namespace sonde::status_page

template <>
struct sonde::EnumNames<sonde::status_page::Condition> {
    static constexpr std::array<std::string_view, 6> names{"operational", "maintenance", "unknown", "degraded", "partial_outage", "major_outage"};
};
template <>
struct sonde::EnumNames<sonde::status_page::Impact> {
    static constexpr std::array<std::string_view, 4> names{"none", "minor", "major", "critical"};
};
template <>
struct sonde::EnumNames<sonde::status_page::Phase> {
    static constexpr std::array<std::string_view, 4> names{"investigating", "identified", "monitoring", "resolved"};
};
template <>
struct sonde::EnumNames<sonde::status_page::Progress> {
    static constexpr std::array<std::string_view, 3> names{"scheduled", "in_progress", "completed"};
};
