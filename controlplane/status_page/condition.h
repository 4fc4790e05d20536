// What the engine's states are to the public: one function, and what follows from it over time. Pure.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "controlplane/history/accounting.h"
#include "controlplane/history/timeline.h"
#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page {

// Of a component, by how many of its monitors are in which state. From the first that is true:
//
//   some are down, and of those that tell anything (up, degraded, unknown, down) none is otherwise   major_outage
//   some are down                                                                                    partial_outage
//   some are degraded                                                                                degraded
//   some are unknown: what is not seen cannot be called well                                         unknown
//   some are in maintenance                                                                          maintenance
//   some are up                                                                                      operational
//   all are pending or paused, or there are none: nobody looks                                       unknown
Condition condition_of(const history::Tally& in);

// The worst of several; `operational` of none.
Condition worst_of(std::span<const Condition> conditions);

struct Turn {
    TimePoint at;
    Condition condition{};
    bool there = true;  // false: none of its monitors exists; `condition` says nothing
    friend bool operator==(const Turn&, const Turn&) = default;
};

// At each instant at which the condition becomes another.
std::vector<Turn> conditions_over(std::span<const history::Timeline* const> monitors);

// A day on the clocks of the page's zone; `to` of today is now.
struct DayFrame {
    std::chrono::year_month_day date;
    TimePoint from;
    TimePoint to;
};

// Condition, `since`, uptime, coverage and days of a component. Uptime counts as that of a site does: down while one of its monitors is. A day is as bad as the worst outage in it; unknown only if
// it was nothing else, for a minute that nobody saw does not spoil a day: its coverage tells of it. Days before its monitors were made are left out. `frames` follow each other. What comes after
// the last of them is taken for what is so at its end.
void put_history(Component& component, std::span<const history::Timeline* const> monitors, std::span<const DayFrame> frames, const history::Accounting& accounting);

}  // namespace sonde::status_page
