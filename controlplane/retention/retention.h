// How long what is kept. The configuration says it for its control plane, and the settings, where they do, for all of them.
#pragma once

#include <array>
#include <optional>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::retention {

enum class Kept : unsigned char { results, evidence, events, decisions, audit, ledger, hourly_rollups };

}  // namespace sonde::retention

template <>
struct sonde::EnumNames<sonde::retention::Kept> {
    static constexpr std::array<std::string_view, 7> names{"results_days", "evidence_days", "events_days", "decisions_days", "audit_days", "ledger_days", "hourly_rollups_days"};
};

namespace sonde::retention {

inline constexpr std::size_t kAllKept = EnumNames<Kept>::names.size();
inline constexpr int kMostDays = 3650;
// Of hours a day must be whole before it is rolled up.
constexpr int fewest_days(Kept kept) { return kept == Kept::hourly_rollups ? 2 : 1; }

// What the settings say of it, in days; what they do not say is as the configuration has it.
class Retention {
public:
    [[nodiscard]] std::optional<int> days(Kept kept) const { return days_[static_cast<std::size_t>(kept)]; }
    void set(Kept kept, std::optional<int> days) { days_[static_cast<std::size_t>(kept)] = days; }
    // `configured` where the settings say nothing.
    [[nodiscard]] milliseconds of(Kept kept, milliseconds configured) const {
        const auto said = days(kept);
        return said ? std::chrono::duration_cast<milliseconds>(std::chrono::hours{24} * *said) : configured;
    }
    friend bool operator==(const Retention&, const Retention&) = default;

private:
    std::array<std::optional<int>, kAllKept> days_;
};

// As it is stored: an object of those that are said. What a newer program may have written beside them is not looked at.
Retention read_stored(const Json& document);
// All of them, null where nothing is said.
Json write(const Retention& retention);

// What counts now. Throws DbError.
Retention load(db::Tx& tx);

}  // namespace sonde::retention
