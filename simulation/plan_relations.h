// What a seed makes of what stands between monitors, each from dice of its own.
#pragma once

#include "simulation/plan.h"

namespace sonde::simulation {

// As many sites as judge a region, and one more.
inline constexpr int kSitesToArbitrate = 6;

// A world in which regions are judged, and a region that is ill for a while.
void plan_ill_region(Dice& dice, Plan& plan);

// One or two windows, about monitors or sites.
void plan_windows(Dice& dice, Plan& plan);

// A group, if there are enough monitors for one, and two to four edges.
void plan_dependencies(Dice& dice, Plan& plan);

void describe_relations(const Plan& plan, std::vector<std::string>& lines);

// Seconds since the start, as traces have them.
std::string moment(const Plan& plan, TimePoint at);

}  // namespace sonde::simulation
