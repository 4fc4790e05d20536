#include "notifier/core/retry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string>

namespace sonde::notifier {
namespace {

milliseconds scaled(milliseconds duration, double factor) {
    return milliseconds{static_cast<std::int64_t>(std::llround(static_cast<double>(duration.count()) * factor))};
}

milliseconds back_off(int attempt, double random, const RetryPolicy& policy) {
    auto full = policy.first;
    for (int i = 1; i < attempt && full < policy.longest; ++i) full *= 2;
    full = std::min(full, policy.longest);
    return scaled(full, 0.5 + random / 2);
}

}  // namespace

Outcome outcome_of_status(int status) {
    if (status >= 200 && status < 300) return Outcome::accepted;
    if (status >= 300 && status < 400) return Outcome::redirected;
    switch (status) {
        case 408:
        case 409:
        case 425:
            return Outcome::unavailable;
        case 410:
            return Outcome::gone;
        case 429:
            return Outcome::throttled;
        default:
            return status >= 400 && status < 500 ? Outcome::refused : Outcome::unavailable;
    }
}

Next next_attempt(int attempt, Outcome outcome, TimePoint planned_at, TimePoint now, std::optional<milliseconds> retry_after,
                  double random, const RetryPolicy& policy) {
    switch (outcome) {
        case Outcome::accepted:
            return {DeliveryState::sent, Reason::none, now};
        case Outcome::gone:
            return {DeliveryState::dead, Reason::receiver_gone, now};
        case Outcome::refused:
            return {DeliveryState::dead, Reason::receiver_refused, now};
        case Outcome::redirected:
        case Outcome::throttled:
        case Outcome::unavailable:
        case Outcome::timed_out:
        case Outcome::unreachable:
        case Outcome::tls:
        case Outcome::blocked_address:
        case Outcome::not_sendable:
            break;
    }
    const auto last = planned_at + policy.give_up_after;
    if (now >= last) return {DeliveryState::dead, Reason::gave_up, now};
    auto delay = back_off(attempt, random, policy);
    if (retry_after) {
        const auto wanted = std::clamp(*retry_after, milliseconds{0}, policy.longest_wanted);
        delay = std::max(delay, scaled(wanted, 1 + random / 10));
    }
    return {DeliveryState::planned, Reason::none, std::min(now + delay, last)};
}

std::optional<milliseconds> parse_retry_after(std::string_view value, TimePoint now) {
    constexpr std::string_view blank = " \t\r\n";
    value.remove_prefix(std::min(value.find_first_not_of(blank), value.size()));
    value = value.substr(0, value.find_last_not_of(blank) + 1);
    if (value.empty() || value.size() > 64) return std::nullopt;

    if (value.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
        // A number beyond every bound is still a wish to wait for very long.
        constexpr std::int64_t most = 1'000'000'000;
        return seconds{error == std::errc{} ? std::min(count, most) : most};
    }
    const std::string text(value);
    for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
        std::tm parts{};
        const char* end = strptime(text.c_str(), form, &parts);
        if (end == nullptr || *end != '\0') continue;
        const auto at = TimePoint{seconds{timegm(&parts)}};
        return std::max(at - now, milliseconds{0});
    }
    return std::nullopt;
}

}  // namespace sonde::notifier
