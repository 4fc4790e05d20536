#include "notifier/subscriber/metrics.h"

namespace sonde::notifier::subscriber {
namespace {

using metrics::Family;

constexpr Family kTold{"sonde_subscriber_planned_total", "Messages to subscribers of status pages that were planned; questions whether somebody subscribed are not among them."};
constexpr Family kAccepted{"sonde_subscriber_sent_total", "Messages to subscribers that a receiver accepted."};
constexpr Family kOld{"sonde_subscriber_superseded_total", "Messages to subscribers that were dropped because newer news made them old."};
constexpr Family kGivenUp{"sonde_subscriber_dead_total", "Messages to subscribers that were given up."};
constexpr Family kEnded{"sonde_subscriber_ended_total", "Subscribers who were erased because they refused again and again."};
constexpr Family kLost{"sonde_subscriber_stale_outcomes_total", "Outcomes of attempts whose lease was lost; the subscriber may have had a second copy."};
constexpr Family kPaced{"sonde_subscriber_mails_paced_total", "Times that mails to subscribers, if there were any to send, waited because of subscribers.mails_per_second."};
constexpr Family kTries{"sonde_subscriber_attempts_total", "Attempts to tell subscribers by what became of them."};
constexpr Family kUnderWay{"sonde_subscriber_in_flight", "Attempts to tell subscribers that are under way, or over and not on record yet."};
constexpr Family kLeft{"sonde_subscriber_unsent", "Messages to subscribers that are neither accepted nor dropped yet."};
constexpr Family kOldest{"sonde_subscriber_oldest_due_seconds", "How long a message to a subscriber that could be attempted now has waited for it."};
constexpr Family kSubscribers{"sonde_subscribers", "Subscribers of status pages who have confirmed."};

std::array<metrics::Counter*, EnumNames<Outcome>::names.size()> by_outcome(metrics::Registry& registry) {
    std::array<metrics::Counter*, EnumNames<Outcome>::names.size()> counters{};
    for (std::size_t i = 0; i < counters.size(); ++i) counters[i] = &registry.counter(kTries, {{"outcome", std::string(EnumNames<Outcome>::names[i])}});
    return counters;
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : planned(registry.counter(kTold)),
      sent(registry.counter(kAccepted)),
      superseded(registry.counter(kOld)),
      dead(registry.counter(kGivenUp)),
      ended(registry.counter(kEnded)),
      stale(registry.counter(kLost)),
      paced(registry.counter(kPaced)),
      attempts(by_outcome(registry)),
      in_flight(registry.gauge(kUnderWay)),
      unsent(registry.gauge(kLeft)),
      oldest_due(registry.gauge(kOldest)),
      subscribers(registry.gauge(kSubscribers)) {}

}  // namespace sonde::notifier::subscriber
