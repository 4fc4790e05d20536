// A registry as one of several alike sees it: what it asks for has its labels.
#pragma once

#include <span>
#include <utility>

#include "lib/metrics/metrics.h"

namespace sonde::metrics {

// The registry must outlive what is got from it; a scope itself may go.
class Scope {
public:
    // Without labels, the registry as it is.
    Scope(Registry& registry, Labels labels = {}) : registry_(registry), labels_(std::move(labels)) {}  // NOLINT: a registry is a scope

    [[nodiscard]] Counter& counter(const Family& family, const Labels& labels = {}) const { return registry_.counter(family, with(labels)); }
    [[nodiscard]] Gauge& gauge(const Family& family, const Labels& labels = {}) const { return registry_.gauge(family, with(labels)); }
    [[nodiscard]] Histogram& histogram(const Family& family, std::span<const double> bounds, const Labels& labels = {}) const { return registry_.histogram(family, bounds, with(labels)); }

private:
    [[nodiscard]] Labels with(const Labels& labels) const {
        auto all = labels;
        all.insert(all.end(), labels_.begin(), labels_.end());
        return all;
    }

    Registry& registry_;
    const Labels labels_;
};

}  // namespace sonde::metrics
