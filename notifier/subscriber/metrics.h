// What is counted of subscribers.
#pragma once

#include <array>

#include "lib/metrics/metrics.h"
#include "notifier/core/retry.h"

namespace sonde::notifier::subscriber {

struct Metrics {
    explicit Metrics(metrics::Registry& registry);

    metrics::Counter& planned;
    metrics::Counter& sent;
    metrics::Counter& superseded;
    metrics::Counter& dead;
    metrics::Counter& ended;
    metrics::Counter& stale;
    metrics::Counter& paced;
    std::array<metrics::Counter*, EnumNames<Outcome>::names.size()> attempts;  // by outcome
    metrics::Gauge& in_flight;
    metrics::Gauge& unsent;
    metrics::Gauge& oldest_due;
    metrics::Gauge& subscribers;

    [[nodiscard]] metrics::Counter& attempts_of(Outcome outcome) const { return *attempts.at(static_cast<std::size_t>(outcome)); }
};

}  // namespace sonde::notifier::subscriber
