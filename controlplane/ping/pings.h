// Pings from HTTP to the results stream, without a database and without a wait for anything but the stream.
#pragma once

#include "controlplane/ping/courier.h"
#include "controlplane/ping/directory.h"
#include "lib/http/router.h"
#include "lib/metrics/metrics.h"

namespace sonde::ping {

// Metrics: sonde_pings_total{outcome}.
class Pings {
public:
    // All must outlive it; replies may come until the bus has ended.
    Pings(db::Pool& pool, Secret dsn, bus::Bus& bus, metrics::Registry& metrics);

    void start() { directory_.start(); }  // throws db::DbError
    void stop() { directory_.stop(); }

    // `/ping/…` and `/api/push/…`. It must outlive the router's use.
    void add_routes(http::Router& router);

private:
    void ping(const http::Request& request, http::Reply reply);
    void push(const http::Request& request, http::Reply reply);
    void accept(const http::Request& request, const check::HeartbeatFacts& facts, microseconds took, std::function<void(int status)> done);

    enum class Outcome : unsigned char { accepted, unknown_token, malformed, not_accepted };
    void count(Outcome outcome) { counters_[static_cast<std::size_t>(outcome)]->add(); }

    Directory directory_;
    Courier courier_;
    const int lane_;  // this process's `attempt`: two control planes may give out one instant
    std::array<metrics::Counter*, 4> counters_{};
};

// Whether bodies to this path are cut at `kMostBody` instead of refused: a job that says too much must not count as lost.
bool is_ping_path(std::string_view path);

}  // namespace sonde::ping
