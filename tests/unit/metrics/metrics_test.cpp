#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

#include "lib/metrics/metrics.h"

namespace metrics_test {

using namespace sonde::metrics;

TEST_CASE("the exposition is Prometheus text, one block a family") {
    Registry registry;
    const Family requests{"sonde_requests_total", "Requests, by\nroute."};
    registry.counter(requests, {{"route", "/a\"b\\"}, {"method", "GET"}}).add(2);
    registry.counter(requests, {{"method", "GET"}, {"route", "/a\"b\\"}}).add();
    registry.gauge({"sonde_depth", "Depth."}).set(1.5);
    registry.gauge_from({"sonde_age_seconds", "Age."}, {{"what", "spool"}}, [] { return 3.0; });
    const double bounds[] = {0.1, 1};
    auto& seconds = registry.histogram({"sonde_wait_seconds", "Wait."}, bounds, {{"pool", "x"}});
    seconds.observe(0.1);
    seconds.observe(0.5);
    seconds.observe(7);
    CHECK(registry.expose() ==
          "# HELP sonde_age_seconds Age.\n# TYPE sonde_age_seconds gauge\nsonde_age_seconds{what=\"spool\"} 3\n"
          "# HELP sonde_depth Depth.\n# TYPE sonde_depth gauge\nsonde_depth 1.5\n"
          "# HELP sonde_requests_total Requests, by\\nroute.\n# TYPE sonde_requests_total counter\n"
          "sonde_requests_total{method=\"GET\",route=\"/a\\\"b\\\\\"} 3\n"
          "# HELP sonde_wait_seconds Wait.\n# TYPE sonde_wait_seconds histogram\n"
          "sonde_wait_seconds_bucket{pool=\"x\",le=\"0.1\"} 1\nsonde_wait_seconds_bucket{pool=\"x\",le=\"1\"} 2\n"
          "sonde_wait_seconds_bucket{pool=\"x\",le=\"+Inf\"} 3\nsonde_wait_seconds_sum{pool=\"x\"} 7.6\n"
          "sonde_wait_seconds_count{pool=\"x\"} 3\n");
}

TEST_CASE("one name cannot be two kinds of metric") {
    Registry registry;
    registry.counter({"sonde_x", "X."});
    CHECK_THROWS_AS(registry.gauge({"sonde_x", "X."}), std::logic_error);
}

TEST_CASE("counting from several threads loses nothing") {
    Registry registry;
    auto& counter = registry.counter({"sonde_n_total", "N."});
    auto& histogram = registry.histogram({"sonde_s_seconds", "S."}, kSecondsBounds);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) {
                counter.add();
                histogram.observe(0.25);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(counter.value() == 40'000);
    CHECK(histogram.snapshot().count == 40'000);
    CHECK(histogram.snapshot().sum == doctest::Approx(10'000));
}

}  // namespace metrics_test
