// What is true outside of Sonde: how targets really are, seen from where, and what is broken just now.
#pragma once

#include <string_view>

#include "simulation/plan.h"

namespace sonde::simulation {

// What a check meets that begins at some instant.
struct Sight {
    check::Verdict verdict = check::Verdict::up;
    check::FailureClass cause = check::FailureClass::none;
    friend bool operator==(const Sight&, const Sight&) = default;
};

class Weather {
public:
    explicit Weather(const Plan& plan) : plan_(plan) {}

    // `well`: whether the spec that is checked by is one that a healthy target meets.
    [[nodiscard]] Sight see(std::size_t monitor, std::string_view region, bool well, TimePoint at) const;
    // True if a spell of the fault that concerns `whom` lasts at that instant.
    [[nodiscard]] bool lasts(Fault fault, std::string_view whom, TimePoint at) const;
    // Whether messages pass between the bus and a place: a region, or a process beside the database.
    [[nodiscard]] bool bus_reached(std::string_view place, TimePoint at) const {
        return !lasts(Fault::bus_stop, {}, at) && !lasts(Fault::bus_partition, place, at);
    }
    [[nodiscard]] bool database_reached(std::string_view process, TimePoint at) const {
        return !lasts(Fault::database_stop, {}, at) && !lasts(Fault::database_partition, process, at);
    }

private:
    const Plan& plan_;
};

}  // namespace sonde::simulation
