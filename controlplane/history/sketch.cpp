#include "controlplane/history/sketch.h"

#include <algorithm>
#include <cmath>

namespace sonde::history {
namespace {

const double kGamma = (1 + Sketch::kRelativeError) / (1 - Sketch::kRelativeError);
constexpr double kLogGamma = 0.020000666706669543;  // ln of it; the same digits are in the migration
constexpr int kCountBits = 20;

}  // namespace

int Sketch::bucket_of(std::int64_t us) {
    return static_cast<int>(std::ceil(std::log(static_cast<double>(std::max<std::int64_t>(us, 1))) / kLogGamma));
}

double Sketch::middle_of(int bucket) { return 2 * std::exp(bucket * kLogGamma) / (kGamma + 1); }

void Sketch::add_bucket(int bucket, std::int64_t count) {
    buckets_[bucket] += count;
    count_ += count;
}

void Sketch::add_stored(const std::vector<std::int64_t>& entries) {
    for (const auto entry : entries) add_bucket(static_cast<int>(entry >> kCountBits), entry & ((1 << kCountBits) - 1));
}

void Sketch::add(const Sketch& other) {
    for (const auto& [bucket, count] : other.buckets_) add_bucket(bucket, count);
}

std::optional<double> Sketch::quantile(double share) const {
    if (count_ == 0) return std::nullopt;
    auto left = std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(share * static_cast<double>(count_))), 1);
    for (const auto& [bucket, count] : buckets_) {
        left -= count;
        if (left <= 0) return middle_of(bucket);
    }
    return middle_of(buckets_.rbegin()->first);
}

}  // namespace sonde::history
