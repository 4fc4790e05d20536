// When the coming end of a certificate is worth a warning.
#pragma once

#include <string_view>
#include <vector>

#include "lib/base/instant.h"
#include "lib/check/judgement.h"
#include "lib/json/reader.h"

namespace sonde::check {

struct CertificateWarnings {
    static constexpr std::size_t kMost = 10;

    std::vector<int> days{30, 14, 7, 1};  // thresholds in days left, the largest first, none twice; empty: never

    [[nodiscard]] int first() const { return days.empty() ? 0 : days.front(); }
    // The least threshold that is above what is left; 0 if none is.
    [[nodiscard]] int crossed(milliseconds left) const;
};

// One number or an array of them, in any order, each at most `max`; 0 and `[]` are never.
void read_warnings(json::Reader& in, std::string_view field, CertificateWarnings& warnings, int max);

// Degraded from the first threshold on. Not asked of warnings that are off.
AssertionResult judge_warnings(const CertificateWarnings& warnings, TimePoint not_after, TimePoint now);

}  // namespace sonde::check
