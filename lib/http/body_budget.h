// How much of request bodies is kept at one time, of all requests together: many large ones must not take the memory. Event thread only. Internal to lib/http.
#pragma once

#include <cstddef>

#include "lib/metrics/scope.h"

namespace sonde::http {

// Metrics: sonde_http_body_bytes, sonde_http_bodies_refused_total.
class BodyBudget {
public:
    // A body of at most so much finds room always, so that those who fill the memory keep nobody from a usual request; how many there can be is bounded by the connections.
    static constexpr std::size_t kSmall = 128U << 10U;

    BodyBudget(std::size_t most, const metrics::Scope& metrics)
        : most_(most),
          kept_gauge_(metrics.gauge({"sonde_http_body_bytes", "Bytes of request bodies in memory."})),
          refused_(metrics.counter({"sonde_http_bodies_refused_total", "Request bodies refused with 503 for the memory that others take."})) {}

    // Whether a request that keeps `before` bytes may keep `more` besides, which then are its own until given back.
    bool take(std::size_t before, std::size_t more) {
        if (before + more > kSmall && kept_ + more > most_) {
            refused_.add();
            return false;
        }
        kept_ += more;
        kept_gauge_.set(static_cast<double>(kept_));
        return true;
    }

    void give(std::size_t bytes) {
        kept_ -= bytes;
        kept_gauge_.set(static_cast<double>(kept_));
    }

private:
    const std::size_t most_;
    std::size_t kept_ = 0;
    metrics::Gauge& kept_gauge_;
    metrics::Counter& refused_;
};

}  // namespace sonde::http
