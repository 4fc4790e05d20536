#include "notifier/core/bucket.h"

#include <algorithm>
#include <cmath>

namespace sonde::notifier {
namespace {

double per_millisecond(const channel::Rate& rate) {
    const int by_time = std::max(rate.messages - burst(rate), 1);
    return static_cast<double>(by_time) / static_cast<double>(rate.per.count());
}

}  // namespace

int burst(const channel::Rate& rate) { return std::max(rate.messages / 4, 1); }

Bucket filled(const channel::Rate& rate, const Bucket& bucket, TimePoint now) {
    const auto most = static_cast<double>(burst(rate));
    if (bucket.at == TimePoint{}) return {most, now};
    const auto passed = static_cast<double>(std::max(now - bucket.at, milliseconds{0}).count());
    return {std::min(bucket.tokens + passed * per_millisecond(rate), most), std::max(now, bucket.at)};
}

int allowance(const Bucket& bucket) { return static_cast<int>(std::floor(bucket.tokens + 1e-9)); }

milliseconds until_next(const channel::Rate& rate, const Bucket& bucket) {
    const auto missing = 1 - bucket.tokens;
    if (missing <= 0) return milliseconds{0};
    return milliseconds{static_cast<std::int64_t>(std::ceil(missing / per_millisecond(rate)))};
}

}  // namespace sonde::notifier
