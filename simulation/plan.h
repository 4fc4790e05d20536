// What a seed makes: who is watched from where and by which rule, how the targets really are, what breaks and what people do.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/check/policy.h"
#include "lib/check/verdict.h"
#include "lib/base/id.h"
#include "lib/base/relation_id.h"
#include "lib/decision/suppression.h"
#include "simulation/dice.h"
#include "simulation/options.h"

namespace sonde::simulation {

struct PlannedRegion {
    std::string name;
    std::string domain;
    int agents = 1;
    std::vector<MonitorId> anchors = {};  // of which people know that they are well
};

// As defined at the beginning; edits change the row in the database (database.h).
struct PlannedMonitor {
    MonitorId id;
    SiteId site;
    std::string name;
    milliseconds interval{0};
    milliseconds timeout{0};
    bool rotates = false;
    std::vector<std::string> regions;  // empty: all
    check::Policy policy;
};

// How a target really is for a while; where none lasts, it is up.
struct Illness {
    std::size_t monitor = 0;
    TimePoint from;
    TimePoint to;
    check::Verdict verdict = check::Verdict::down;
    check::FailureClass cause = check::FailureClass::connect_refused;
    std::string only_from;       // a region; empty: everywhere
    milliseconds flap{0};        // turns well and ill again at this pace; 0: does not
};

struct Spell {
    Fault fault = Fault::loss;
    TimePoint from;
    TimePoint to;
    std::string whom;  // a region, a process or a stream; empty: everybody
};

enum class EditKind : unsigned char { break_spec, mend_spec, touch_spec, policy, regions, rename, pause, resume, remove, acknowledge, comment, resolve };

struct Edit {
    TimePoint at;
    std::size_t monitor = 0;
    EditKind kind = EditKind::rename;
    check::Policy policy;
    std::vector<std::string> regions;
};

// When a window is, by what people said of it at some time.
struct WindowVersion {
    TimePoint said;
    TimePoint from;           // of the first occurrence
    TimePoint to;             // exclusive
    milliseconds every{0};    // whole minutes; 0: once
    int times = 1;
    bool deleted = false;
    [[nodiscard]] std::vector<std::pair<TimePoint, TimePoint>> occurrences() const;
    [[nodiscard]] bool covers(TimePoint at) const;
};

// By when whoever decides goes by what was said of a window.
inline constexpr milliseconds kWindowKnown{3'000};

struct PlannedWindow {
    WindowId id;
    std::vector<WindowVersion> versions;  // the first is known from the beginning
    std::vector<SiteId> sites;
    std::vector<MonitorId> monitors;
    // What is about a site is about all its monitors. `surely`: whatever is known yet of what was said last; else: if it may be.
    [[nodiscard]] bool covers(MonitorId monitor, SiteId site, TimePoint at, bool surely) const;
};

// So many of its members must be well.
struct PlannedGroup {
    GroupId id;
    SiteId site;
    int needed = 1;
    bool pages = true;
    bool quiet = false;  // its members' own outages are not told
    std::vector<MonitorId> members;
};

// Parents come before their children in the list of monitors: there are no circles.
struct PlannedEdge {
    decision::Node child;
    decision::Node parent;
};

struct Plan {
    TimePoint start;
    TimePoint calm;  // nothing is ill and nothing breaks from here
    TimePoint end;
    std::vector<PlannedRegion> regions;
    std::vector<PlannedMonitor> monitors;
    std::vector<Illness> illnesses;
    std::vector<Spell> spells;
    std::vector<Edit> edits;
    std::vector<PlannedWindow> windows;
    std::vector<PlannedEdge> edges;
    std::optional<PlannedGroup> group;
    bool arbitrated = false;  // there is an arbiter, and sites enough for it
    int engines = 1;
    int schedulers = 1;
    [[nodiscard]] bool has(Fault fault) const;
    [[nodiscard]] bool surely_in_maintenance(MonitorId monitor, SiteId site, TimePoint at) const;
    [[nodiscard]] bool maybe_in_maintenance(MonitorId monitor, SiteId site, TimePoint at) const;
    // Instants at which the two above may change.
    [[nodiscard]] std::vector<TimePoint> edges_of_windows() const;
};

Plan make_plan(const Options& options);

// One line each, for the head of a trace.
std::vector<std::string> describe(const Plan& plan);

}  // namespace sonde::simulation

template <>
struct sonde::EnumNames<sonde::simulation::EditKind> {
    static constexpr std::array<std::string_view, 12> names{"break_spec", "mend_spec", "touch_spec", "policy",      "regions", "rename",
                                                            "pause",      "resume",    "remove",     "acknowledge", "comment", "resolve"};
};
