#include "notifier/core/breaker.h"

#include <algorithm>

namespace sonde::notifier {
namespace {

constexpr milliseconds kLongestWanted{3'600'000};

}  // namespace

Breaker after(Breaker breaker, Outcome outcome, std::optional<milliseconds> retry_after, TimePoint began, TimePoint now) {
    if (outcome == Outcome::accepted) return {};
    if (outcome == Outcome::refused || outcome == Outcome::gone) {
        if (breaker.open_since) breaker.probe_at = now;
        return breaker;
    }
    ++breaker.failures;
    const bool probe = breaker.open_since && began >= *breaker.open_since;
    if (!probe && (breaker.open_since || breaker.failures < kFailuresToOpen)) return breaker;
    breaker.cool_off = probe ? std::min(breaker.cool_off * 2, kLongestCoolOff) : kFirstCoolOff;
    if (!probe) breaker.open_since = now;
    breaker.probe_at = now + std::max(breaker.cool_off, std::min(retry_after.value_or(milliseconds{0}), kLongestWanted));
    return breaker;
}

std::optional<int> attempts_allowed(const Breaker& breaker, TimePoint now) {
    if (!breaker.open_since) return std::nullopt;
    return breaker.probe_at <= now ? 1 : 0;
}

Breaker probing(Breaker breaker, milliseconds lease, TimePoint now) {
    breaker.probe_at = now + lease;
    return breaker;
}

}  // namespace sonde::notifier
