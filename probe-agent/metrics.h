// What the agent counts.
#pragma once

#include <array>

#include "lib/check/verdict.h"
#include "lib/metrics/metrics.h"
#include "probe-agent/work/bound.h"

namespace sonde::agent {

constexpr metrics::Family kChecks{"sonde_agent_checks_total", "Checks executed, by verdict."};
constexpr metrics::Family kFailures{"sonde_agent_check_failures_total", "Checks that were not up, by class of failure."};
constexpr metrics::Family kLateness{"sonde_agent_start_lateness_seconds", "From the instant a check was due to its start."};
constexpr metrics::Family kInFlight{"sonde_agent_in_flight", "Checks under way."};
constexpr metrics::Family kQueued{"sonde_agent_queued", "Checks that could start and wait for a place."};
constexpr metrics::Family kHeldBack{"sonde_agent_held_back_total",
                                    "Times a check was held back though there were places, by the bound that did it."};
constexpr metrics::Family kDelayed{"sonde_agent_delayed", "Checks that are not due yet."};
constexpr metrics::Family kCapacity{"sonde_agent_capacity", "The bound on checks under way."};
constexpr metrics::Family kJobs{"sonde_agent_jobs_total", "Jobs received, by stream."};
constexpr metrics::Family kJobsDropped{"sonde_agent_jobs_dropped_total", "Jobs that were not run, by reason."};
constexpr metrics::Family kMalformed{"sonde_agent_malformed_messages_total", "Job messages that could not be read; parked."};
constexpr metrics::Family kResults{"sonde_agent_results_total", "Results, by what became of them."};
constexpr metrics::Family kRuns{"sonde_agent_runs_total", "Runs that somebody asked for, by what became of their answers."};
constexpr metrics::Family kSpoolBytes{"sonde_agent_spool_bytes", "Size of the spool on disk."};
constexpr metrics::Family kPendingBytes{"sonde_agent_pending_bytes", "Results in memory that the bus has not accepted."};
constexpr metrics::Family kOpenMessages{"sonde_agent_open_messages", "Job messages that are not yet acknowledged."};
constexpr metrics::Family kLoopBusy{"sonde_agent_loop_busy_seconds",
                                    "Longest turn of the event loop, without waiting, in the last ten seconds."};
constexpr metrics::Family kClockOffset{"sonde_agent_clock_offset_seconds", "This machine's clock minus the control plane's."};

// Looked up once. Counters may be used from any thread.
struct Metrics {
    explicit Metrics(metrics::Registry& registry);

    std::array<metrics::Counter*, EnumNames<check::Verdict>::names.size()> checks{};
    std::array<metrics::Counter*, EnumNames<check::FailureClass>::names.size()> failures{};
    std::array<metrics::Counter*, EnumNames<Bound>::names.size()> held_back{};
    metrics::Histogram& lateness;
    metrics::Gauge& in_flight;
    metrics::Gauge& queued;
    metrics::Gauge& delayed;
    metrics::Gauge& capacity;
    metrics::Counter& jobs_scheduled;
    metrics::Counter& jobs_urgent;
    metrics::Counter& jobs_expired;
    metrics::Counter& jobs_redelivered;
    metrics::Counter& malformed;
    metrics::Counter& results_accepted;
    metrics::Counter& results_resent;
    metrics::Counter& results_spooled;
    metrics::Counter& results_backfilled;
    metrics::Counter& results_dropped;
    metrics::Counter& runs_answered;
    metrics::Counter& runs_lost;
    metrics::Gauge& spool_bytes;
    metrics::Gauge& pending_bytes;
    metrics::Gauge& open_messages;
    metrics::Gauge& loop_busy;
    metrics::Gauge& clock_offset;
};

}  // namespace sonde::agent
