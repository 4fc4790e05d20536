// How far a page has come in a fire drill, and whether that is good enough. Pure.
#pragma once

#include <optional>
#include <string>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"

namespace sonde::drill {

enum class RunState : unsigned char { asked, running, passed, failed };

// Why one failed: where the way ended.
enum class Reason : unsigned char {
    none,
    monitor_silent,  // nobody checks it: it is paused or disabled, or its site is not active
    not_checked,     // no check failed
    not_opened,      // no incident came of it
    not_planned,     // nobody was to be told
    not_sent,        // the channel was not to be told of it
    not_accepted,    // its receiver refused it for good
    late,            // its receiver has not taken it in time
};

// The steps that were reached.
struct Progress {
    std::optional<TimePoint> failed_check_at;  // the first check that failed, as an engine took it in
    std::optional<TimePoint> opened_at;
    std::optional<TimePoint> planned_at;
    std::optional<TimePoint> told_at;
    std::string delivery;  // the state of the delivery to the channel; empty before it is planned
};

struct Outcome {
    RunState state = RunState::running;
    Reason reason = Reason::none;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// At `now`, of one that must have arrived by `deadline`.
Outcome judge(const Progress& progress, TimePoint now, TimePoint deadline);

// In words: `no check has failed`.
std::string_view in_words(Reason reason);

}  // namespace sonde::drill

template <>
struct sonde::EnumNames<sonde::drill::RunState> {
    static constexpr std::array<std::string_view, 4> names{"asked", "running", "passed", "failed"};
};
template <>
struct sonde::EnumNames<sonde::drill::Reason> {
    static constexpr std::array<std::string_view, 8> names{"", "monitor_silent", "not_checked", "not_opened", "not_planned", "not_sent", "not_accepted", "late"};
};
