// What the engine counts.
#pragma once

#include <array>

#include "lib/check/verdict.h"
#include "lib/metrics/metrics.h"

namespace sonde::engine {

// Why a result was acknowledged without being kept.
enum class Refusal : unsigned char { unknown_monitor, unknown_region, region_not_asked, slot_out_of_range };

// Made once; its members live as long as the registry.
struct Metrics {
    explicit Metrics(metrics::Registry& registry);

    metrics::Registry& registry;
    std::array<metrics::Counter*, 4> results;   // by verdict
    std::array<metrics::Counter*, 4> refused;   // by Refusal
    metrics::Counter& duplicates;
    metrics::Counter& late;
    metrics::Counter& evidence_too_long;
    metrics::Counter& sights_looked_up;         // documents of good checks that were not remembered
    metrics::Counter& sights_left_out;          // good results whose document is not kept
    metrics::Histogram& batch_results;
    metrics::Histogram& transaction;
    metrics::Histogram& latency;                // from the end of a check to the commit
    metrics::Histogram& relations_load;         // dependencies and groups, when they were read anew
    metrics::Counter& incidents_opened;
    metrics::Counter& incidents_resolved;
    metrics::Counter& confirmations;            // checks asked for
    metrics::Counter& confirmations_lost;       // not accepted by the region's stream
    metrics::Counter& parked;
    metrics::Counter& retries;
    metrics::Counter& commands;
    metrics::Counter& relayed;
    metrics::Counter& streams_ensured;
    metrics::Counter& consumers_recreated;
    metrics::Gauge& owned_shards;
    metrics::Gauge& monitors;
    metrics::Gauge& behind;                     // seconds; decisions are as of so long ago
    metrics::Gauge& outbox_age;                 // seconds; of the oldest event not relayed
    metrics::Gauge& regions_in_doubt;           // that this engine reports on
    metrics::Gauge& regions_quarantined;        // where this engine arbitrates
    metrics::Counter& outages_held;             // that waited for the judgement of a region
};

}  // namespace sonde::engine

template <>
struct sonde::EnumNames<sonde::engine::Refusal> {
    static constexpr std::array<std::string_view, 4> names{"unknown_monitor", "unknown_region", "region_not_asked", "slot_out_of_range"};
};
