// The table `incident_course`: what time is to bring to incidents, as their events have it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/db/db.h"
#include "notifier/core/course.h"

namespace sonde::notifier {

namespace courses {

// Columns of the statements of rules: nothing where they are null.
std::optional<Escalates> read_escalates(const db::Row& row, int column);  // the escalation, and beside it when its first step is due
std::optional<Reminders> read_reminders(const db::Row& row, int column);

// Of `incident.escalation` or `incident.reminder` of an event's document; nothing if it is none of ours.
std::optional<Brought> read_brought(const std::string& details);

}  // namespace courses

// The courses of some incidents, while their events are planned. Part of the planner's transaction, which is one at a time. Throws DbError.
class CourseBook {
public:
    CourseBook(db::Tx& tx, const std::vector<std::int64_t>& incidents);

    void follow(std::int64_t incident, const News& news, const std::vector<Beginning>& beginnings, TimePoint at);
    // Those that changed.
    void write(db::Tx& tx) const;

private:
    std::unordered_map<std::int64_t, std::vector<Course>> by_incident_;
    std::set<std::int64_t> changed_;
};

}  // namespace sonde::notifier
