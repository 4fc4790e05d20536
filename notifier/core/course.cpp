#include "notifier/core/course.h"

#include <algorithm>

#include "notifier/core/event.h"

namespace sonde::notifier {
namespace {

Course begun(const Beginning& beginning, bool acknowledged, TimePoint at) {
    Course course{.of = beginning, .begun_at = at};
    if (acknowledged && !beginning.while_acknowledged) {
        course.state = CourseState::acknowledged;
    } else {
        course.due_at = at + beginning.first;
    }
    return course;
}

void end(Course& course, CourseState state) {
    course.state = state;
    course.due_at.reset();
}

void move_on(Course& course, const Brought& brought, TimePoint at) {
    course.brought = brought.number;
    if (!brought.next) return end(course, CourseState::exhausted);
    course.state = CourseState::running;
    course.due_at = at + *brought.next;
}

void begin(std::vector<Course>& courses, const News& news, const std::vector<Beginning>& beginnings, TimePoint at) {
    for (const auto& beginning : beginnings) {
        const auto there = std::find_if(courses.begin(), courses.end(), [&](const Course& one) {
            return one.of.kind == beginning.kind && one.of.source == beginning.source;
        });
        if (there == courses.end()) {
            courses.push_back(begun(beginning, news.acknowledged, at));
        } else if (there->state == CourseState::resolved) {
            *there = begun(beginning, news.acknowledged, at);
        }
    }
}

}  // namespace

bool follow(std::vector<Course>& courses, const News& news, const std::vector<Beginning>& beginnings, TimePoint at) {
    const auto before = courses;
    switch (event_kind(news.kind)) {
        case EventKind::incident_resolved:
            for (auto& course : courses) end(course, CourseState::resolved);
            break;
        case EventKind::incident_acknowledged:
            for (auto& course : courses) {
                if (course.state != CourseState::resolved && !course.of.while_acknowledged) end(course, CourseState::acknowledged);
            }
            break;
        case EventKind::incident_unacknowledged:
            for (auto& course : courses) {
                if (course.state == CourseState::acknowledged) course = begun(course.of, false, at);
            }
            break;
        case EventKind::incident_escalated:
        case EventKind::incident_reminder:
            for (auto& course : courses) {
                const bool asked = news.brought && course.state == CourseState::asked && course.of.source == news.brought->source;
                if (asked && news.brought->number == course.brought + 1) move_on(course, *news.brought, at);
            }
            break;
        default:
            if (may_open(news)) begin(courses, news, beginnings, at);
    }
    return courses != before;
}

}  // namespace sonde::notifier
