// When a monitor counts as down. One validator: the API refuses with it, the engine decides by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

// A verdict that changes often is damped: it stays bad until it has been good for a while.
struct Flapping {
    bool enabled = true;
    int changes = 5;                                      // 3 to 20; falls and recoveries, of which the last is a fall
    milliseconds window{std::chrono::minutes{30}};        // 1 min to 1 day; at least twelve checks of a region
    milliseconds calm{std::chrono::minutes{10}};          // 10 s to 1 day; good for so long, and it is over
    friend bool operator==(const Flapping&, const Flapping&) = default;
};

// What a region's vote is worth to a monitor.
enum class RegionVote : unsigned char { count, page, exclude };

struct Policy {
    Quorum quorum;
    bool confirm = true;
    int confirm_attempts = 2;           // 1 to 5; in place, where a monitor has one region only
    milliseconds confirm_delay{1000};   // 100 ms to 60 s; between attempts in place
    int recovery_rounds = 2;            // 1 to 10; successive slots up by quorum before it is up again
    int advisory_after = 2;             // 1 to 20; successive failing slots of a minority before an advisory
    Flapping flapping;
    std::vector<std::string> page_on;   // regions of which each is enough: what fails there, repeatedly, is down. Sorted
    std::vector<std::string> exclude;   // regions whose votes are recorded and shown, and do not count. Sorted
    friend bool operator==(const Policy&, const Policy&) = default;
};

// `{"quorum": "majority" | "all" | "any" | {"at_least": n}, "confirmation": {"enabled", "attempts", "delay_ms"},
//   "recovery_rounds": n, "advisory_after": n, "flapping": {"enabled", "changes", "window_ms", "calm_ms"},
//   "page_on": [region…], "exclude": [region…]}`; every field may be absent.
Policy read_policy(const Json& document, std::string_view pointer, json::Problems& problems);

// The canonical document: every field present. `read_policy` reads it back equal.
Json write_policy(const Policy& policy);

RegionVote vote_of(const Policy& policy, std::string_view region);
void set_vote(Policy& policy, const std::string& region, RegionVote vote);

// For people: `majority of failure domains, confirmed`.
std::string describe(const Policy& policy);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::QuorumRule> {
    static constexpr std::array<std::string_view, 4> names{"majority", "all", "any", "at_least"};
};

template <>
struct sonde::EnumNames<sonde::check::RegionVote> {
    static constexpr std::array<std::string_view, 3> names{"count", "page", "exclude"};
};
