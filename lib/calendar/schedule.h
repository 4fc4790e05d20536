// When something happens next: by a cron expression, a systemd calendar event or an RFC 5545 recurrence rule, in a time zone.
//
// What each means, where clocks are changed too, stands in cron.h, oncalendar.h and rrule.h. Pure: the time comes in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/result.h"
#include "lib/calendar/mistake.h"
#include "lib/calendar/zone.h"

namespace sonde::calendar {

enum class Kind : unsigned char { cron, oncalendar, rrule };

// By the form of a text: DTSTART, RRULE or FREQ at its beginning is a recurrence rule; five or six cron fields, or a macro, are cron; all else
// is OnCalendar.
Kind kind_of(std::string_view text);

// Immutable and cheap to copy; threads may share one.
class Schedule {
public:
    // At most 1024 bytes; blanks around are no part of it. `start` is the DTSTART of a rule that does not bring its own, and must be there
    // then; other kinds have no use for it.
    static Result<Schedule, Mistake> parse(Kind kind, std::string_view text, const Zone& zone, std::optional<TimePoint> start = {});

    // The first time strictly after `after`; nothing if it never happens again, or not before the year 2200. The work is bounded
    // whatever the expression: some ten milliseconds at most.
    [[nodiscard]] std::optional<TimePoint> next_after(TimePoint after) const;

    // What `parse` reads back to the same schedule, with the same zone and start: OnCalendar's normal form, the other kinds as they were given.
    [[nodiscard]] const std::string& text() const;
    [[nodiscard]] Kind kind() const;
    // The one given, or the one that the text names.
    [[nodiscard]] const Zone& zone() const;

private:
    struct Data;
    explicit Schedule(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
};

}  // namespace sonde::calendar

template <>
struct sonde::EnumNames<sonde::calendar::Kind> {
    static constexpr std::array<std::string_view, 3> names{"cron", "oncalendar", "rrule"};
};
