#include "lib/check/tls/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace sonde::check {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

std::optional<int> whole(const Json& value, int min, int max) {
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(max)) return std::nullopt;
    const auto number = value.get<std::int64_t>();
    return number < min || number > max ? std::nullopt : std::optional(static_cast<int>(number));
}

std::string remaining(TimePoint not_after, TimePoint now) {
    const auto left = std::chrono::floor<Days>(not_after - now).count();
    if (left < 0) return "expired";
    return fmt::format("expires in {} day{}", left, left == 1 ? "" : "s");
}

}  // namespace

int CertificateWarnings::crossed(milliseconds left) const {
    const auto least = std::find_if(days.rbegin(), days.rend(), [&](int threshold) { return left < Days{threshold}; });
    return least == days.rend() ? 0 : *least;
}

void read_warnings(json::Reader& in, std::string_view field, CertificateWarnings& warnings, int max) {
    const auto* value = in.value(field);
    if (value == nullptr) return;
    std::vector<int> days;
    if (!value->is_array()) {
        const auto one = whole(*value, 0, max);
        if (!one) return in.refuse(field, fmt::format("must be a whole number from 0 to {}, or an array of such", max));
        if (*one > 0) days.push_back(*one);
    } else {
        if (value->size() > CertificateWarnings::kMost)
            return in.refuse(field, fmt::format("must be an array of at most {} items", CertificateWarnings::kMost));
        for (const auto& item : *value) {
            const auto one = whole(item, 1, max);
            if (!one) return in.refuse(field, fmt::format("must hold whole numbers from 1 to {}", max));
            days.push_back(*one);
        }
    }
    std::sort(days.begin(), days.end(), std::greater<>());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    warnings.days = std::move(days);
}

AssertionResult judge_warnings(const CertificateWarnings& warnings, TimePoint not_after, TimePoint now) {
    AssertionResult result{"certificate", fmt::format("at least {} days from its end", warnings.first()), remaining(not_after, now)};
    result.threshold_days = warnings.crossed(not_after - now);
    if (result.threshold_days == 0) return result;
    result.found += fmt::format(" (threshold {})", result.threshold_days);
    result.is_said = true;
    result.verdict = Verdict::degraded;
    result.cause = FailureClass::tls_expired;
    return result;
}

}  // namespace sonde::check
