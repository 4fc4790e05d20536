#include "controlplane/scheduler/metrics.h"

namespace sonde::scheduler {
namespace {

constexpr metrics::Family kJobs{"sonde_scheduler_jobs_published_total", "Jobs that a region's stream accepted."};
constexpr metrics::Family kBatches{"sonde_scheduler_batches_published_total", "Job messages that a region's stream accepted."};
constexpr metrics::Family kBatchJobs{"sonde_scheduler_batch_jobs", "Jobs in a message."};
constexpr metrics::Family kLateness{"sonde_scheduler_lateness_seconds", "From a slot to the acceptance of its job by the region's stream."};
constexpr metrics::Family kBacklog{"sonde_scheduler_backlog_jobs", "Jobs that wait to be published."};
constexpr metrics::Family kInFlight{"sonde_scheduler_batches_in_flight", "Job messages without an answer of the stream."};
constexpr metrics::Family kSkipped{"sonde_scheduler_skipped_total", "Expected jobs that were deliberately not published, by reason."};
constexpr metrics::Family kFailures{"sonde_scheduler_publish_failures_total", "Job messages that a stream did not accept; they are sent again."};
constexpr metrics::Family kShares{"sonde_scheduler_shares", "Shares of the monitors owned by this process."};
constexpr metrics::Family kScheduledMonitors{"sonde_scheduler_monitors", "Monitors scheduled by this process."};
constexpr metrics::Family kCursorLag{"sonde_scheduler_cursor_lag_seconds", "Age of the oldest slot that is not settled."};
constexpr metrics::Family kClock{"sonde_scheduler_clock_difference_seconds", "This machine's clock minus the database's."};
constexpr metrics::Family kTakeovers{"sonde_scheduler_takeovers_total", "Shares taken over."};
constexpr metrics::Family kCursorMoves{"sonde_scheduler_cursor_moves_total", "Transactions that moved cursors."};
constexpr metrics::Family kDatabaseFailures{"sonde_scheduler_database_failures_total", "Rounds of work that the database failed; they are done again."};
constexpr metrics::Family kTick{"sonde_scheduler_tick_seconds", "Time that one tick took."};

constexpr std::array<std::string_view, 3> kOutcomes{"refused", "no_stream", "timed_out"};

}  // namespace

RegionMetrics::RegionMetrics(metrics::Registry& registry, const std::string& region)
    : jobs(registry.counter(kJobs, {{"region", region}})),
      batches(registry.counter(kBatches, {{"region", region}})),
      batch_jobs(registry.histogram(kBatchJobs, metrics::kSizeBounds, {{"region", region}})),
      lateness(registry.histogram(kLateness, metrics::kSecondsBounds, {{"region", region}})),
      backlog(registry.gauge(kBacklog, {{"region", region}})),
      in_flight(registry.gauge(kInFlight, {{"region", region}})) {
    for (std::size_t i = 0; i < skipped.size(); ++i) {
        skipped[i] = &registry.counter(kSkipped, {{"region", region}, {"reason", std::string(EnumNames<Skip>::names[i])}});
    }
    for (std::size_t i = 0; i < failures.size(); ++i) {
        failures[i] = &registry.counter(kFailures, {{"region", region}, {"outcome", std::string(kOutcomes[i])}});
    }
}

SchedulerMetrics::SchedulerMetrics(metrics::Registry& owner)
    : registry(owner),
      shares(owner.gauge(kShares)),
      monitors(owner.gauge(kScheduledMonitors)),
      cursor_lag(owner.gauge(kCursorLag)),
      clock_difference(owner.gauge(kClock)),
      takeovers(owner.counter(kTakeovers)),
      cursor_moves(owner.counter(kCursorMoves)),
      database_failures(owner.counter(kDatabaseFailures)),
      tick(owner.histogram(kTick, metrics::kSecondsBounds)) {}

}  // namespace sonde::scheduler
