// The layers of a schedule as documents have them. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/json/reader.h"
#include "lib/oncall/plan.h"

namespace sonde::oncall {

constexpr std::size_t kMostLayers = 20;
constexpr std::size_t kMostMembers = 50;
constexpr std::size_t kMostHours = 20;

// `[{name, members, rotation: {start, length}, hours: [{days, from, to}]}]`. Whether members exist is not asked here.
std::vector<Layer> read_layers(const Json& layers, const std::string& pointer, json::Problems& problems);
Json write_layers(const std::vector<Layer>& layers);

// As they are stored: members by their numbers. Reading throws std::exception if they are not.
Json store_layers(const std::vector<Layer>& layers);
std::vector<Layer> stored_layers(const Json& layers);

}  // namespace sonde::oncall
