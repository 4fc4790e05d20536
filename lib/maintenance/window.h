// Maintenance windows: what they are about, and when they are. Pure: the time comes in.
//
// A window is once, from `starts_at` until `ends_at`, or recurs: by an RFC 5545 rule in a time zone, each time for `duration`, which is time that
// passes, whatever clocks on the wall are set to. An occurrence is named by its start; people may give it another end.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "lib/base/relation_id.h"
#include "lib/calendar/schedule.h"
#include "lib/json/reader.h"

namespace sonde::maintenance {

constexpr milliseconds kShortest{1000};
constexpr milliseconds kLongestOnce = std::chrono::hours{24 * 366};
constexpr milliseconds kLongestRecurring = std::chrono::hours{24 * 31};
constexpr std::size_t kMostTargets = 1000;
constexpr std::size_t kMostTags = 100;

struct Targets {
    std::vector<SiteId> sites;
    std::vector<MonitorId> monitors;
    std::vector<std::string> tags;  // of a monitor or of its site
    [[nodiscard]] bool empty() const { return sites.empty() && monitors.empty() && tags.empty(); }
    friend bool operator==(const Targets&, const Targets&) = default;
};

// What people set of a window.
struct Draft {
    std::string title;
    std::string description;  // for the public
    TimePoint starts_at;      // of a rule: no occurrence is before, and its DTSTART if it brings none
    std::optional<TimePoint> ends_at;
    std::string rrule;        // empty: once
    milliseconds duration{0};
    std::string timezone = "UTC";
    Targets targets;
    [[nodiscard]] bool recurs() const { return !rrule.empty(); }
    friend bool operator==(const Draft&, const Draft&) = default;
};

struct Occurrence {
    TimePoint start;
    TimePoint end;  // exclusive
    friend bool operator==(const Occurrence&, const Occurrence&) = default;
};

// Ends given by people, by the start of the occurrence.
using Ends = std::map<TimePoint, TimePoint>;

// When a window is. Immutable and cheap to copy.
class Plan {
public:
    // Nothing if the draft's rule or zone cannot be read, as a stored one always can.
    static std::optional<Plan> of(const Draft& draft);

    // The occurrence that `now` is in; of several the one that ends last. One that was ended before it began is none.
    [[nodiscard]] std::optional<Occurrence> at(TimePoint now, const Ends& ends) const;
    // The first start or end after `now`.
    [[nodiscard]] std::optional<TimePoint> next_edge(TimePoint now, const Ends& ends) const;
    // Those that are not over at `from` and begin before `to`, at most `most`.
    [[nodiscard]] std::vector<Occurrence> between(TimePoint from, TimePoint to, std::size_t most, const Ends& ends) const;
    // True if it has an occurrence that begins just then.
    [[nodiscard]] bool has(TimePoint start) const;
    // When the last one is over; nothing if it recurs for ever, or very long.
    [[nodiscard]] std::optional<TimePoint> over_at() const;

private:
    [[nodiscard]] std::optional<TimePoint> start_after(TimePoint after) const;
    [[nodiscard]] Occurrence from(TimePoint start, const Ends& ends) const;

    TimePoint starts_at_;
    milliseconds duration_{0};
    std::optional<calendar::Schedule> schedule_;  // of one that recurs
};

// A whole document, refusing what is not a field, a rule or zone that cannot be read, and a duration that does not fit.
Draft read_draft(const Json& document, const std::string& pointer, json::Problems& problems);
// The canonical document; `read_draft` reads it back equal.
Json write_draft(const Draft& draft);
Json write_targets(const Targets& targets);

}  // namespace sonde::maintenance
