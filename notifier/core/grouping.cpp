#include "notifier/core/grouping.h"

#include <algorithm>

namespace sonde::notifier {
namespace {

constexpr milliseconds kGather{3'000};  // what comes at once is mostly there by then
constexpr milliseconds kReplaceEvery{10'000};  // a large one is not written for nobody all the time
constexpr milliseconds kInPlaceEvery{30'000};
constexpr milliseconds kMessageEvery{60'000};

// An opening is counted; what the storm was is over if few came of late, and the digest of it takes nothing more.
void count(const channel::Digest& policy, Flood& flood, TimePoint now) {
    auto& openings = flood.openings;
    std::erase_if(openings, [&](TimePoint at) { return at <= now - policy.within; });
    const auto most = static_cast<std::size_t>(policy.more_than);
    const bool off = policy.more_than == 0;
    if (flood.storm && (off || openings.size() <= most / 2)) {
        flood.storm = false;
        flood.room = 0;
    }
    openings.push_back(now);
    if (openings.size() > most + 1) openings.erase(openings.begin());
    if (!flood.storm && !off && openings.size() > most) {
        flood.storm = true;
        flood.room = 0;
    }
}

Together gather(Flood& flood) {
    if (flood.room > 0) {
        --flood.room;
        return Together::joins;
    }
    flood.room = kMostOfDigest - 1;
    return Together::begins;
}

}  // namespace

Together arrive(const channel::Digest& policy, Flood& flood, const Arrival& news, TimePoint now) {
    if (news.opens) count(policy, flood, now);
    if (policy.window > milliseconds{0}) return gather(flood);
    if (news.opens) return flood.storm ? gather(flood) : Together::itself;
    return news.in_digest ? Together::with_others : Together::itself;
}

TimePoint due_at(const channel::Digest& policy, const Timing& timing, TimePoint now) {
    if (!timing.told) {
        const auto wait = timing.cause == DigestCause::window && !timing.urgent ? policy.window : kGather;
        return std::max(now, timing.began + wait);
    }
    if (timing.urgent) return std::max(now, *timing.told + kGather);
    if (timing.on_its_way) return std::max(now, *timing.told + kReplaceEvery);
    const auto distance = timing.in_place ? kInPlaceEvery : std::max({policy.window, policy.within, kMessageEvery});
    return std::max(now, *timing.told + distance);
}

}  // namespace sonde::notifier
