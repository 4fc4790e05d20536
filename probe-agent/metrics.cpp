#include "probe-agent/metrics.h"

namespace sonde::agent {

Metrics::Metrics(metrics::Registry& r)
    : lateness(r.histogram(kLateness, metrics::kSecondsBounds)),
      in_flight(r.gauge(kInFlight)),
      queued(r.gauge(kQueued)),
      delayed(r.gauge(kDelayed)),
      capacity(r.gauge(kCapacity)),
      jobs_scheduled(r.counter(kJobs, {{"stream", "jobs"}})),
      jobs_urgent(r.counter(kJobs, {{"stream", "urgent"}})),
      jobs_expired(r.counter(kJobsDropped, {{"reason", "expired"}})),
      jobs_redelivered(r.counter(kJobsDropped, {{"reason", "redelivered"}})),
      malformed(r.counter(kMalformed)),
      results_accepted(r.counter(kResults, {{"outcome", "accepted"}})),
      results_resent(r.counter(kResults, {{"outcome", "resent"}})),
      results_spooled(r.counter(kResults, {{"outcome", "spooled"}})),
      results_backfilled(r.counter(kResults, {{"outcome", "backfilled"}})),
      results_dropped(r.counter(kResults, {{"outcome", "dropped"}})),
      runs_answered(r.counter(kRuns, {{"outcome", "answered"}})),
      runs_lost(r.counter(kRuns, {{"outcome", "lost"}})),
      spool_bytes(r.gauge(kSpoolBytes)),
      pending_bytes(r.gauge(kPendingBytes)),
      open_messages(r.gauge(kOpenMessages)),
      loop_busy(r.gauge(kLoopBusy)),
      clock_offset(r.gauge(kClockOffset)) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
        checks.at(i) = &r.counter(kChecks, {{"verdict", std::string(EnumNames<check::Verdict>::names.at(i))}});
    }
    for (std::size_t i = 0; i < held_back.size(); ++i) {
        held_back.at(i) = &r.counter(kHeldBack, {{"bound", std::string(EnumNames<Bound>::names.at(i))}});
    }
    for (std::size_t i = 0; i < failures.size(); ++i) {
        failures.at(i) = &r.counter(kFailures, {{"class", std::string(EnumNames<check::FailureClass>::names.at(i))}});
    }
}

}  // namespace sonde::agent
