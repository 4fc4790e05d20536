// Who is on call when. Pure.
//
// All times of a plan are what clocks on the wall of its zone say. A hand-over at a time that the clocks skip is when they skip it; at one that they
// show twice, the first time they do.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/account/user_id.h"
#include "lib/base/instant.h"
#include "lib/calendar/zone.h"
#include "lib/oncall/id.h"

namespace sonde::oncall {

using Wall = std::chrono::local_time<std::chrono::minutes>;

// On these days of the week from one time of the day to another: on the day after if that is no later. `to` may be 24:00.
struct Hours {
    std::vector<unsigned> days;  // as std::chrono::weekday::iso_encoding: 1 is Monday; sorted, each once
    std::chrono::minutes from{0};
    std::chrono::minutes to{24 * 60};
    friend bool operator==(const Hours&, const Hours&) = default;
};

struct Layer {
    std::string name;
    std::vector<UserId> members;      // in the order of their turns
    Wall start{};                     // of the first one's first turn; before it nobody is on call by this layer
    std::chrono::hours length{24};    // of a turn, by the clock on the wall
    std::vector<Hours> hours{};       // none: always
    friend bool operator==(const Layer&, const Layer&) = default;
};

struct Plan {
    calendar::Zone zone = calendar::Zone::utc();
    std::vector<Layer> layers;  // a later one counts before an earlier one
};

// Somebody in place of whoever the layers say; of several at one time, the last.
struct Substitute {
    ScheduleOverrideId id;
    UserId user;
    TimePoint from;
    TimePoint to;  // exclusive
};

struct Duty {
    UserId user{};                     // none: nobody is on call
    std::optional<std::size_t> layer{};  // by which; or
    ScheduleOverrideId substitute{};
    friend bool operator==(const Duty&, const Duty&) = default;
};

struct Span {
    TimePoint from;
    TimePoint to;  // exclusive
    Duty duty;
    friend bool operator==(const Span&, const Span&) = default;
};

Duty on_call(const Plan& plan, const std::vector<Substitute>& substitutes, TimePoint at);

// From `from` to `to`, whole and without overlap; no two beside each other are the same duty. The work grows with the number of turns between.
std::vector<Span> on_call(const Plan& plan, const std::vector<Substitute>& substitutes, TimePoint from, TimePoint to);

}  // namespace sonde::oncall
