// Counters, gauges and histograms, and their Prometheus text exposition (format 0.0.4).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::metrics {

// Declared once, as a constant beside the code that counts; the reference documentation is made from these.
struct Family {
    std::string_view name;  // with unit suffix: `_total`, `_seconds`, `_bytes`
    std::string_view help;
};

using Labels = std::vector<std::pair<std::string_view, std::string>>;

class Counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
public:
    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<double> value_{0};
};

// Fixed upper bounds; `observe` is a search and two atomic additions.
class Histogram {
public:
    explicit Histogram(std::span<const double> bounds);
    void observe(double value);
    // Cumulative counts for each bound and for +Inf, the sum, as exposed.
    struct Snapshot {
        std::vector<std::uint64_t> cumulative;
        double sum = 0;
        std::uint64_t count = 0;
    };
    [[nodiscard]] Snapshot snapshot() const;
    [[nodiscard]] std::span<const double> bounds() const { return bounds_; }

private:
    std::vector<double> bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
    std::atomic<double> sum_{0};
};

inline constexpr double kSecondsBounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
inline constexpr double kSizeBounds[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000};

// Owns every metric of a process. The same family and labels always give the same object, which lives as long as the registry.
// Thread-safe. Ask once and keep the reference: a look-up takes a lock.
class Registry {
public:
    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    Counter& counter(const Family& family, Labels labels = {});
    Gauge& gauge(const Family& family, Labels labels = {});
    Histogram& histogram(const Family& family, std::span<const double> bounds, Labels labels = {});

    // Called at each exposition, on the exposing thread, with the registry locked: `read` must not use it. For values that
    // something else already keeps; whoever registers it must outlive the last exposition.
    void gauge_from(const Family& family, Labels labels, std::function<double()> read);

    [[nodiscard]] std::string expose() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::metrics
