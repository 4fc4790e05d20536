#include "controlplane/api/region/joining.h"

#include <algorithm>

namespace sonde::controlplane {

// A bucket from which `most` can be taken at once is one whose debt may be `most · every`.
milliseconds Attempts::wait_for(const Bucket& bucket, MonotonicPoint now, int most, milliseconds every) {
    const auto debt = bucket.empty_until - now;
    return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(debt - every * (most - 1)));
}

milliseconds Attempts::take(const std::string& client, MonotonicPoint now) {
    const std::scoped_lock lock(mutex_);
    if (of_.size() >= kMostClients) std::erase_if(of_, [now](const auto& entry) { return entry.second.empty_until <= now; });
    // Of more clients than we remember, each must wait for room; those that are known go on.
    if (of_.size() >= kMostClients && !of_.contains(client)) return kOneEvery;
    auto& own = of_[client];
    const auto wait = std::max(wait_for(own, now, of_one_, kOneEvery), wait_for(all_, now, of_all_, kAllEvery));
    if (wait > milliseconds{0}) return wait;
    own.empty_until = std::max(own.empty_until, now) + kOneEvery;
    all_.empty_until = std::max(all_.empty_until, now) + kAllEvery;
    return milliseconds{0};
}

}  // namespace sonde::controlplane
