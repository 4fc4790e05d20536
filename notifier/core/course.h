// What time is to bring to an incident: the escalations and the reminders that are under way. Pure.
//
// A course follows from the incident's events, taken in their order, and from nothing else. When the next is due, somebody else asks the
// engine for it (notifier/ledger/due.h); the event that comes of that is one of the incident's too, and moves the course on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "notifier/core/route.h"

namespace sonde::notifier {

// Spelled as in the table `incident_course`.
enum class CourseKind : unsigned char { escalation, reminder };
enum class CourseState : unsigned char {
    running,       // the next is due at due_at
    asked,         // it was due, and the engine was asked for it
    acknowledged,  // it waits for nothing, and begins anew if that is taken back
    exhausted,     // the last was brought
    resolved,      // and begins anew if the incident is opened again and meets the rule
};

// What starts with an event.
struct Beginning {
    CourseKind kind = CourseKind::escalation;
    std::int64_t source = 0;  // the escalation; of a reminder the route or the site's override that asks for it
    RouteId route{};          // that led to it; none: the site's override
    milliseconds first{0};
    bool while_acknowledged = false;
    friend bool operator==(const Beginning&, const Beginning&) = default;
};

// There is one of an incident, kind and source.
struct Course {
    Beginning of;
    CourseState state = CourseState::running;
    int brought = 0;
    TimePoint begun_at;
    std::optional<TimePoint> due_at{};  // while it is running
    friend bool operator==(const Course&, const Course&) = default;
};

// What the courses of an incident become by its event of `at`, with which `beginnings` start unless they are under way. True if anything changed.
//
// * What nobody has acknowledged runs; an acknowledgement ends it, unless it goes on meanwhile; taken back, it begins anew.
// * Resolved, everything ends; opened again, what the rules say then begins anew.
// * Of what was brought, only the next one of a course that asked for it moves it on: one that comes after the course began anew does not.
bool follow(std::vector<Course>& courses, const News& news, const std::vector<Beginning>& beginnings, TimePoint at);

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::CourseKind> {
    static constexpr std::array<std::string_view, 2> names{"escalation", "reminder"};
};

template <>
struct sonde::EnumNames<sonde::notifier::CourseState> {
    static constexpr std::array<std::string_view, 5> names{"running", "asked", "acknowledged", "exhausted", "resolved"};
};
