// What the scheduler counts.
#pragma once

#include <array>
#include <string>

#include "lib/base/enum_name.h"
#include "lib/bus/bus.h"
#include "lib/metrics/metrics.h"

namespace sonde::scheduler {

// Why a slot was not published.
enum class Skip : unsigned char {
    late,       // past its not_after: after a stop, or the region took nothing in time
    shed,       // more jobs waited for the region than may
    changed,    // the monitor was paused, deleted or edited away while the job waited
    no_region,  // the region was deleted while the job waited
};

// Of one region.
struct RegionMetrics {
    RegionMetrics(metrics::Registry& registry, const std::string& region);
    metrics::Counter& jobs;
    metrics::Counter& batches;
    metrics::Histogram& batch_jobs;
    metrics::Histogram& lateness;
    metrics::Gauge& backlog;
    metrics::Gauge& in_flight;
    std::array<metrics::Counter*, 4> skipped;   // by Skip
    std::array<metrics::Counter*, 3> failures;  // by PublishOutcome, from `refused`
};

struct SchedulerMetrics {
    explicit SchedulerMetrics(metrics::Registry& registry);
    metrics::Registry& registry;
    metrics::Gauge& shares;
    metrics::Gauge& monitors;
    metrics::Gauge& cursor_lag;
    metrics::Gauge& clock_difference;
    metrics::Counter& takeovers;
    metrics::Counter& cursor_moves;
    metrics::Counter& database_failures;
    metrics::Histogram& tick;
};

}  // namespace sonde::scheduler

template <>
struct sonde::EnumNames<sonde::scheduler::Skip> {
    static constexpr std::array<std::string_view, 4> names{"late", "shed", "changed", "no_region"};
};
