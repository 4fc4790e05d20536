#include "notifier/metrics.h"

namespace sonde::notifier {
namespace {

using metrics::Family;

constexpr Family kPlanned{"sonde_notifier_planned_total", "Deliveries planned to be sent."};
constexpr Family kGrouped{"sonde_notifier_grouped_total", "Deliveries that digests tell instead of messages of their own."};
constexpr Family kNotSent{"sonde_notifier_not_sent_total",
                          "Deliveries put on record as not sent: not subscribed, disabled or deleted channel."};
constexpr Family kSent{"sonde_notifier_sent_total", "Deliveries that a receiver accepted."};
constexpr Family kSuperseded{"sonde_notifier_superseded_total", "Deliveries dropped because newer news made them old."};
constexpr Family kDead{"sonde_notifier_dead_total", "Deliveries given up: somebody was not told."};
constexpr Family kOpened{"sonde_notifier_breaker_opened_total", "Channels that were left alone, but for probes, after failures in a row."};
constexpr Family kStale{
    "sonde_notifier_stale_outcomes_total",
    "Outcomes of attempts whose lease was lost; the receiver may have had a second copy, with the same webhook-id."};
constexpr Family kDatabaseFailures{"sonde_notifier_database_failures_total",
                                   "Rounds of work that ended because of the database."};
constexpr Family kDue{"sonde_notifier_due_total", "Steps of escalations and reminders that were due and asked for."};
constexpr Family kAttempts{"sonde_notifier_attempts_total", "Attempts by what became of them."};
constexpr Family kInFlight{"sonde_notifier_in_flight", "Attempts under way, or over and not on record yet."};
constexpr Family kUnsent{"sonde_notifier_unsent", "Deliveries that are neither accepted nor dropped yet."};
constexpr Family kHeld{"sonde_notifier_held", "Of those that are unsent, how many quiet hours hold back."};
constexpr Family kChannelsOpen{"sonde_notifier_channels_open", "Channels that are left alone now, but for probes."};
constexpr Family kOldestUnplanned{"sonde_notifier_oldest_unplanned_seconds", "Age of the oldest event that is not planned yet."};
constexpr Family kOldestDue{"sonde_notifier_oldest_due_seconds",
                            "How long a delivery that could be attempted now has waited for it."};
constexpr Family kOldestUnsent{"sonde_notifier_oldest_unsent_seconds",
                               "Age of the oldest delivery that is neither accepted nor dropped yet, nor held back by quiet hours."};
constexpr Family kSendSeconds{"sonde_notifier_send_seconds", "Duration of an attempt."};
constexpr Family kPageSeconds{"sonde_notifier_page_seconds", "From the event until a receiver accepted its delivery."};

std::array<metrics::Counter*, EnumNames<Outcome>::names.size()> attempt_counters(metrics::Registry& registry) {
    std::array<metrics::Counter*, EnumNames<Outcome>::names.size()> counters{};
    for (std::size_t i = 0; i < counters.size(); ++i) {
        counters[i] = &registry.counter(kAttempts, {{"outcome", std::string(EnumNames<Outcome>::names[i])}});
    }
    return counters;
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : planned(registry.counter(kPlanned)),
      grouped(registry.counter(kGrouped)),
      not_sent(registry.counter(kNotSent)),
      sent(registry.counter(kSent)),
      superseded(registry.counter(kSuperseded)),
      dead(registry.counter(kDead)),
      opened(registry.counter(kOpened)),
      stale(registry.counter(kStale)),
      database_failures(registry.counter(kDatabaseFailures)),
      steps_due(registry.counter(kDue, {{"kind", "escalation"}})),
      reminders_due(registry.counter(kDue, {{"kind", "reminder"}})),
      attempts(attempt_counters(registry)),
      in_flight(registry.gauge(kInFlight)),
      unsent(registry.gauge(kUnsent)),
      held(registry.gauge(kHeld)),
      channels_open(registry.gauge(kChannelsOpen)),
      oldest_unplanned(registry.gauge(kOldestUnplanned)),
      oldest_due(registry.gauge(kOldestDue)),
      oldest_unsent(registry.gauge(kOldestUnsent)),
      send_seconds(registry.histogram(kSendSeconds, metrics::kSecondsBounds)),
      page_seconds(registry.histogram(kPageSeconds, metrics::kSecondsBounds)) {}

}  // namespace sonde::notifier
