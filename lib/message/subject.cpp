#include "lib/message/subject.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::message::subject {
namespace {

constexpr std::string_view kJobsStreams = "SONDE_JOBS_";
constexpr std::string_view kUrgentStreams = "SONDE_URGENT_";

}  // namespace

bool is_region_name(std::string_view name) {
    if (name.empty() || name.size() > 32 || name.front() < 'a' || name.front() > 'z') return false;
    return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::string jobs(std::string_view region) { return fmt::format("sonde.v1.jobs.{}", region); }
std::string urgent(std::string_view region) { return fmt::format("sonde.v1.urgent.{}", region); }
std::string results(int shard, std::string_view region) { return fmt::format("sonde.v1.results.{}.{}", shard, region); }
std::string results_of_shard(int shard) { return fmt::format("sonde.v1.results.{}.*", shard); }
std::string presence(std::string_view region) { return fmt::format("sonde.v1.presence.{}", region); }
std::string presence_of(std::string_view region, std::string_view agent) { return fmt::format("sonde.v1.presence.{}.{}", region, agent); }
std::string runs(std::string_view region) { return fmt::format("sonde.v1.runs.{}", region); }
std::string parked(std::string_view by) { return fmt::format("sonde.v1.parked.{}", by); }

std::string event(std::string_view kind, SiteId site) {
    return fmt::format("sonde.v1.events.{}.{}", kind, site ? site.text() : "none");
}

std::string jobs_stream(std::string_view region) { return fmt::format("{}{}", kJobsStreams, region); }
std::string urgent_stream(std::string_view region) { return fmt::format("{}{}", kUrgentStreams, region); }
bool is_stream_of_region(std::string_view stream) { return stream.starts_with(kJobsStreams) || stream.starts_with(kUrgentStreams); }
std::string engine_consumer(int shard) { return fmt::format("engine-{}", shard); }

}  // namespace sonde::message::subject
