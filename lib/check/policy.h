// When a monitor counts as down. One validator: the API refuses with it, the engine decides by it.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/json/reader.h"

namespace sonde::check {

enum class QuorumRule : unsigned char { majority, all, any, at_least };

struct Quorum {
    QuorumRule rule = QuorumRule::majority;  // strict: more than half
    int at_least = 0;                        // 1 to 64, with QuorumRule::at_least only
    friend bool operator==(const Quorum&, const Quorum&) = default;
};

struct Policy {
    Quorum quorum;
    bool confirm = true;
    int confirm_attempts = 2;           // 1 to 5; in place, where a monitor has one region only
    milliseconds confirm_delay{1000};   // 100 ms to 60 s; between attempts in place
    int recovery_rounds = 2;            // 1 to 10; successive slots up by quorum before it is up again
    int advisory_after = 2;             // 1 to 20; successive failing slots of a minority before an advisory
    friend bool operator==(const Policy&, const Policy&) = default;
};

// `{"quorum": "majority" | "all" | "any" | {"at_least": n}, "confirmation": {"enabled", "attempts", "delay_ms"},
//   "recovery_rounds": n, "advisory_after": n}`; every field may be absent.
Policy read_policy(const Json& document, std::string_view pointer, json::Problems& problems);

// The canonical document: every field present. `read_policy` reads it back equal.
Json write_policy(const Policy& policy);

// For people: `majority of failure domains, confirmed`.
std::string describe(const Policy& policy);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::QuorumRule> {
    static constexpr std::array<std::string_view, 4> names{"majority", "all", "any", "at_least"};
};
