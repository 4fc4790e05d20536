#include "lib/metrics/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>

namespace sonde::metrics {
namespace {

enum class Kind : unsigned char { counter, gauge, histogram };

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::counter: return "counter";
        case Kind::gauge: return "gauge";
        case Kind::histogram: return "histogram";
    }
    return "untyped";
}

std::string escape(std::string_view text, bool quotes) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\\') {
            escaped += "\\\\";
        } else if (c == '\n') {
            escaped += "\\n";
        } else if (c == '"' && quotes) {
            escaped += "\\\"";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

// `a="1",b="2"`, sorted: the identity of a series within its family.
std::string write_labels(Labels labels) {
    std::sort(labels.begin(), labels.end());
    std::string text;
    for (const auto& [name, value] : labels) {
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escape(value, true));
    }
    return text;
}

std::string write_number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

std::string braces(std::string_view labels) { return labels.empty() ? std::string() : fmt::format("{{{}}}", labels); }

struct Series {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> read;
};

void expose_histogram(std::string& out, std::string_view name, const std::string& labels, const Histogram& histogram) {
    const auto snapshot = histogram.snapshot();
    const auto comma = labels.empty() ? "" : ",";
    for (std::size_t i = 0; i < snapshot.cumulative.size(); ++i) {
        const auto bound = i < histogram.bounds().size() ? write_number(histogram.bounds()[i]) : std::string("+Inf");
        out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound, snapshot.cumulative[i]);
    }
    out += fmt::format("{}_sum{} {}\n", name, braces(labels), write_number(snapshot.sum));
    out += fmt::format("{}_count{} {}\n", name, braces(labels), snapshot.count);
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), buckets_(new std::atomic<std::uint64_t>[bounds.size() + 1] {}) {}

void Histogram::observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
    Snapshot snapshot;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
        snapshot.count += buckets_[i].load(std::memory_order_relaxed);
        snapshot.cumulative.push_back(snapshot.count);
    }
    snapshot.sum = sum_.load(std::memory_order_relaxed);
    return snapshot;
}

struct Registry::Impl {
    struct FamilyEntry {
        Kind kind;
        std::string help;
        std::map<std::string, Series> series;
    };
    mutable std::mutex mutex;
    std::map<std::string, FamilyEntry, std::less<>> families;

    // The caller holds the mutex.
    Series& series(const Family& family, Kind kind, Labels labels) {
        const auto [entry, is_new] = families.try_emplace(std::string(family.name), FamilyEntry{kind, std::string(family.help), {}});
        if (entry->second.kind != kind) throw std::logic_error(fmt::format("metric {} is declared as two kinds", family.name));
        return entry->second.series[write_labels(std::move(labels))];
    }
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(const Family& family, Labels labels) {
    const std::scoped_lock lock(impl_->mutex);
    auto& series = impl_->series(family, Kind::counter, std::move(labels));
    if (!series.counter) series.counter = std::make_unique<Counter>();
    return *series.counter;
}

Gauge& Registry::gauge(const Family& family, Labels labels) {
    const std::scoped_lock lock(impl_->mutex);
    auto& series = impl_->series(family, Kind::gauge, std::move(labels));
    if (!series.gauge) series.gauge = std::make_unique<Gauge>();
    return *series.gauge;
}

Histogram& Registry::histogram(const Family& family, std::span<const double> bounds, Labels labels) {
    const std::scoped_lock lock(impl_->mutex);
    auto& series = impl_->series(family, Kind::histogram, std::move(labels));
    if (!series.histogram) series.histogram = std::make_unique<Histogram>(bounds);
    return *series.histogram;
}

void Registry::gauge_from(const Family& family, Labels labels, std::function<double()> read) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->series(family, Kind::gauge, std::move(labels)).read = std::move(read);
}

std::string Registry::expose() const {
    const std::scoped_lock lock(impl_->mutex);
    std::string out;
    for (const auto& [name, family] : impl_->families) {
        out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape(family.help, false), name, name_of(family.kind));
        for (const auto& [labels, series] : family.series) {
            if (series.counter) out += fmt::format("{}{} {}\n", name, braces(labels), series.counter->value());
            if (series.gauge) out += fmt::format("{}{} {}\n", name, braces(labels), write_number(series.gauge->value()));
            if (series.read) out += fmt::format("{}{} {}\n", name, braces(labels), write_number(series.read()));
            if (series.histogram) expose_histogram(out, name, labels, *series.histogram);
        }
    }
    return out;
}

}  // namespace sonde::metrics
