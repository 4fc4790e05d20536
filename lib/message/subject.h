// Subjects, streams and consumers: the one place that spells them.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/id.h"

namespace sonde::message::subject {

// Where pings come from, in place of a region's name. No region may have it.
inline constexpr std::string_view push_region = "push";

// A region's name as it may stand in a subject: 1 to 32 of `a-z 0-9 -`, beginning with a letter.
bool is_region_name(std::string_view name);

std::string jobs(std::string_view region);                  // sonde.v1.jobs.<region>
std::string urgent(std::string_view region);                // sonde.v1.urgent.<region>
std::string results(int shard, std::string_view region);    // sonde.v1.results.<shard>.<region>
std::string results_of_shard(int shard);                    // sonde.v1.results.<shard>.*
std::string presence(std::string_view region);              // sonde.v1.presence.<region>
std::string presence_of(std::string_view region, std::string_view agent);  // sonde.v1.presence.<region>.<agent>, its identifier
std::string runs(std::string_view region);                  // sonde.v1.runs.<region>
inline constexpr std::string_view all_runs = "sonde.v1.runs.*";
inline constexpr std::string_view all_presence = "sonde.v1.presence.*";           // of those whose user the bus's own configuration has
inline constexpr std::string_view all_presence_of_joined = "sonde.v1.presence.*.*";
std::string parked(std::string_view by);                    // sonde.v1.parked.<service>
std::string event(std::string_view kind, SiteId site);      // sonde.v1.events.<kind>.<site>, kind as `incident.opened`

std::string jobs_stream(std::string_view region);           // SONDE_JOBS_<region>
std::string urgent_stream(std::string_view region);         // SONDE_URGENT_<region>
bool is_stream_of_region(std::string_view stream);          // one of these two
inline constexpr std::string_view results_stream = "SONDE_RESULTS";
inline constexpr std::string_view events_stream = "SONDE_EVENTS";
inline constexpr std::string_view parked_stream = "SONDE_PARKED";
inline constexpr std::string_view agents_consumer = "agents";          // on each jobs and urgent stream
std::string engine_consumer(int shard);                     // engine-<shard>

}  // namespace sonde::message::subject
