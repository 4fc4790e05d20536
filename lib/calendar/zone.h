// IANA time zones: what clocks on the wall say, and when that is. Read from the system's tzdata.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/base/result.h"

namespace sonde::calendar {

// An instant, finer than TimePoint: OnCalendar has microseconds.
using Instant = std::chrono::sys_time<microseconds>;

// What a clock on the wall says; no instant without a zone.
using Local = std::chrono::local_time<microseconds>;

// What a local time means in a zone.
struct Reading {
    enum class Kind : unsigned char {
        once,
        never,  // skipped when clocks went forward
        twice,  // repeated when clocks went back
    };
    Kind kind = Kind::once;
    Instant first;   // by the offset before the change: the first of two; for a skipped time, as far after the change as it was skipped
    Instant change;  // unless `once`: when the clocks were changed, and
    Local begin;     // the local times that are skipped or repeated: from here
    Local end;       // until here, exclusive
};

// Cheap to copy; copies share what was read. Threads may share one.
class Zone {
public:
    // By its IANA name, in its own spelling: `Europe/Berlin`, `UTC`. Reads a file the first time. The error follows the name of a
    // field: `is not a time zone of the IANA database: Europe/Berln`. Names that depend on the machine (`localtime`) and
    // those that count leap seconds (`right/…`) are refused.
    static Result<Zone> find(std::string_view name);

    static Zone utc();

    [[nodiscard]] const std::string& name() const;

    [[nodiscard]] seconds offset(Instant at) const;
    [[nodiscard]] Local local(Instant at) const { return Local{(at + offset(at)).time_since_epoch()}; }
    [[nodiscard]] Reading read(Local time) const;

    struct Change {
        Instant at;
        seconds before{0};  // offsets from UTC
        seconds after{0};
    };
    // The first change of the clocks after `at`, and the last one at or before it. Changes to the same offset may be among them.
    [[nodiscard]] std::optional<Change> change_after(Instant at) const;
    [[nodiscard]] std::optional<Change> change_until(Instant at) const;

    // RFC 3339 with the zone's offset: `2026-03-29T03:00:00+02:00`; three decimals only where there are milliseconds. Offsets of the
    // time before zones, which have seconds, are cut to the minute that RFC 3339 has; the instant is the same.
    [[nodiscard]] std::string text(TimePoint at) const;

private:
    struct Data;
    explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
};

}  // namespace sonde::calendar
