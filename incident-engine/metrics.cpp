#include "incident-engine/metrics.h"

namespace sonde::engine {
namespace {

using metrics::Family;

constexpr Family kResults{"sonde_engine_results_total", "Results kept, by verdict."};
constexpr Family kRefused{"sonde_engine_results_refused_total", "Results acknowledged and not kept, by reason."};
constexpr Family kDuplicates{"sonde_engine_results_duplicate_total", "Results that were there already."};
constexpr Family kLate{"sonde_engine_results_late_total", "Results that were too old to count as votes when they arrived."};
constexpr Family kEvidenceTooLong{"sonde_engine_evidence_too_long_total", "Pieces of evidence that were not kept, being too long; their results were."};
constexpr Family kSightsLookedUp{"sonde_engine_sights_looked_up_total", "What good checks saw that had to be looked up or written, not being remembered."};
constexpr Family kSightsLeftOut{"sonde_engine_sights_left_out_total", "Good results of which is not kept what they saw: it was too long, or the monitor's changes all the time."};
constexpr Family kBatch{"sonde_engine_batch_results", "Results in one transaction."};
constexpr Family kTransaction{"sonde_engine_transaction_seconds", "Time from the begin to the commit of a batch."};
constexpr Family kLatency{"sonde_engine_result_latency_seconds", "Time from the end of a check to the commit of its result."};
constexpr Family kRelationsLoad{"sonde_engine_relations_load_seconds", "Time to read all dependencies and groups anew, after one of them changed or what they name."};
constexpr Family kOpened{"sonde_engine_incidents_opened_total", "Incidents opened."};
constexpr Family kResolved{"sonde_engine_incidents_resolved_total", "Incidents resolved, by the engine or by request."};
constexpr Family kConfirmations{"sonde_engine_confirmations_total", "Checks asked for to confirm a failure."};
constexpr Family kConfirmationsLost{"sonde_engine_confirmations_lost_total", "Of those, not accepted by the region's stream."};
constexpr Family kParked{"sonde_engine_parked_total", "Messages that could not be understood or kept, and were put aside."};
constexpr Family kRetries{"sonde_engine_batch_retries_total", "Batches that had to be tried again."};
constexpr Family kCommands{"sonde_engine_commands_total", "Commands on incidents that were answered."};
constexpr Family kRelayed{"sonde_engine_events_relayed_total", "Events handed to the events stream."};
constexpr Family kEnsured{"sonde_engine_streams_ensured_total", "Streams found missing and made."};
constexpr Family kRecreated{"sonde_engine_results_consumer_recreated_total", "Consumers found missing or stuck, and made anew."};
constexpr Family kOwnedShards{"sonde_engine_owned_shards", "Shards this engine decides on."};
constexpr Family kMonitors{"sonde_engine_monitors", "Monitors of those shards."};
constexpr Family kBehind{"sonde_engine_behind_seconds", "How long ago the last results that were decided on reached the stream, while others wait; 0 if none do."};
constexpr Family kOutboxAge{"sonde_engine_outbox_oldest_seconds", "Age of the oldest event that is not relayed; 0 if there is none."};

constexpr Family kInDoubt{"sonde_engine_regions_in_doubt", "Regions in which sites fail that fail nowhere else, and those that are quarantined."};
constexpr Family kQuarantined{"sonde_engine_regions_quarantined", "Regions whose votes do not count; told by the engine that arbitrates."};
constexpr Family kHeld{"sonde_engine_outages_held_total", "Outages seen by one failure domain alone that waited until its regions were judged."};

template <class Enum, std::size_t N>
std::array<metrics::Counter*, N> by_name(metrics::Registry& registry, const Family& family, std::string_view label) {
    std::array<metrics::Counter*, N> counters{};
    for (std::size_t i = 0; i < N; ++i) {
        counters[i] = &registry.counter(family, {{label, std::string(name_of(static_cast<Enum>(i)))}});
    }
    return counters;
}

}  // namespace

Metrics::Metrics(metrics::Registry& made_in)
    : registry(made_in),
      results(by_name<check::Verdict, 4>(registry, kResults, "verdict")),
      refused(by_name<Refusal, 4>(registry, kRefused, "reason")),
      duplicates(registry.counter(kDuplicates)),
      late(registry.counter(kLate)),
      evidence_too_long(registry.counter(kEvidenceTooLong)),
      sights_looked_up(registry.counter(kSightsLookedUp)),
      sights_left_out(registry.counter(kSightsLeftOut)),
      batch_results(registry.histogram(kBatch, metrics::kSizeBounds)),
      transaction(registry.histogram(kTransaction, metrics::kSecondsBounds)),
      latency(registry.histogram(kLatency, metrics::kSecondsBounds)),
      relations_load(registry.histogram(kRelationsLoad, metrics::kSecondsBounds)),
      incidents_opened(registry.counter(kOpened)),
      incidents_resolved(registry.counter(kResolved)),
      confirmations(registry.counter(kConfirmations)),
      confirmations_lost(registry.counter(kConfirmationsLost)),
      parked(registry.counter(kParked)),
      retries(registry.counter(kRetries)),
      commands(registry.counter(kCommands)),
      relayed(registry.counter(kRelayed)),
      streams_ensured(registry.counter(kEnsured)),
      consumers_recreated(registry.counter(kRecreated)),
      owned_shards(registry.gauge(kOwnedShards)),
      monitors(registry.gauge(kMonitors)),
      behind(registry.gauge(kBehind)),
      outbox_age(registry.gauge(kOutboxAge)),
      regions_in_doubt(registry.gauge(kInDoubt)),
      regions_quarantined(registry.gauge(kQuarantined)),
      outages_held(registry.counter(kHeld)) {}

}  // namespace sonde::engine
