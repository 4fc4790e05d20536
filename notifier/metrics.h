// What the notifier counts.
#pragma once

#include <array>

#include "lib/metrics/metrics.h"
#include "notifier/core/retry.h"

namespace sonde::notifier {

struct Metrics {
    explicit Metrics(metrics::Registry& registry);

    metrics::Counter& planned;
    metrics::Counter& grouped;
    metrics::Counter& not_sent;
    metrics::Counter& sent;
    metrics::Counter& superseded;
    metrics::Counter& dead;
    metrics::Counter& opened;
    metrics::Counter& stale;
    metrics::Counter& database_failures;
    metrics::Counter& steps_due;
    metrics::Counter& reminders_due;
    std::array<metrics::Counter*, EnumNames<Outcome>::names.size()> attempts;  // by outcome
    metrics::Gauge& in_flight;
    metrics::Gauge& unsent;
    metrics::Gauge& held;
    metrics::Gauge& channels_open;
    metrics::Gauge& oldest_unplanned;
    metrics::Gauge& oldest_due;
    metrics::Gauge& oldest_unsent;
    metrics::Histogram& send_seconds;
    metrics::Histogram& page_seconds;

    [[nodiscard]] metrics::Counter& attempts_of(Outcome outcome) const { return *attempts.at(static_cast<std::size_t>(outcome)); }
};

}  // namespace sonde::notifier
