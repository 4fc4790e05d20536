// Probe-fault arbitration: whether a region that sees many sites fail is ill itself, and its votes are not to be believed. Pure.
//
// The evidence is a function of the votes as they are, so it does not matter in which order they came, or how often.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/decision/monitor_state.h"

namespace sonde::decision {

struct ArbitrationSettings {
    int min_sites = 5;                                       // that a region must see failing alone
    double share = 0.5;                                      // of all sites that it saw in the meantime
    milliseconds window{std::chrono::minutes{5}};            // failures that began within it
    double release_share = 0.2;                              // it is well while so few of its sites fail alone
    milliseconds release_after{std::chrono::minutes{2}};     // for so long without a break
    milliseconds spared{std::chrono::minutes{10}};           // who releases a region by hand is not contradicted before
};

// What one monitor's votes say of a region.
enum class Sight : unsigned char {
    nothing,  // it has no fresh vote there, or nobody else has looked since, or others see the failure too
    well,
    alone,    // it fails there, and most of the other domains' regions that looked since see it better
};

struct Comparison {
    Sight sight = Sight::nothing;
    TimePoint at;  // of the vote; of the first failing one
};

// Votes that do not count are no witnesses. Of a region that the monitor's policy excludes, nothing is said.
Comparison compare(const MonitorState& state, const Definition& definition, const Voter& voter, TimePoint now);

// A monitor that is checked for the region's sake. It fails there if two checks in a row did and it is not known to fail elsewhere.
enum class AnchorSight : unsigned char { nothing, well, failing };
AnchorSight anchor_of(const MonitorState& state, const Definition& definition, RegionId region, TimePoint now);

// Failures that began at once are found by looking back in steps: `window` over 32, 16, 8, 4, 2 and 1.
constexpr int kLookBacks = 6;
constexpr milliseconds look_back(const ArbitrationSettings& settings, int k) { return settings.window / (1 << (kLookBacks - 1 - k)); }

// What the sites say of a region, counted. Counts of different sites add up.
struct Evidence {
    std::array<int, kLookBacks> alone{};  // sites that began to fail there alone within the look back
    std::array<int, kLookBacks> well{};   // sites that were seen well within it
    int ill = 0;                          // sites that fail there alone, since it is in doubt
    int healthy = 0;                      // sites that were seen well since
    int anchors = 0;                      // with fresh votes
    int anchors_failing = 0;

    Evidence& operator+=(const Evidence& other);
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

enum class Health : unsigned char { voting, quarantined };

// Why a region's health is what it is.
enum class Ground : unsigned char { none, sites_failing_alone, anchors_failing, well_again, by_request };

struct RegionCase {
    Health health = Health::voting;
    Ground ground = Ground::none;
    TimePoint since;                     // of its health
    TimePoint doubtful_since;            // quarantined: failures that began since are put down to it
    std::optional<TimePoint> well_since; // quarantined, and well since
    TimePoint spared_until;              // released by hand
    friend bool operator==(const RegionCase&, const RegionCase&) = default;
};

// Gathers comparisons of a region, several monitors a site: a site that fails alone in one of them does so.
class Census {
public:
    void add(SiteId site, const Comparison& comparison);
    // `doubtful_since` is the region's, if it is quarantined.
    Evidence count(const ArbitrationSettings& settings, TimePoint now, const RegionCase& region);

private:
    std::vector<std::pair<SiteId, Comparison>> comparisons_;
};

// The case after the evidence; the edge to or from quarantine is told. Evidence of nothing changes nothing but ends a recovery.
RegionCase arbitrate(RegionCase region, const Evidence& evidence, const ArbitrationSettings& settings, TimePoint now);

// The same by hand. A quarantine by request ends by request alone.
RegionCase quarantine_by_hand(RegionCase region, const ArbitrationSettings& settings, TimePoint now);
RegionCase release_by_hand(RegionCase region, const ArbitrationSettings& settings, TimePoint now);

// What is known of a region on which an outage rests that no other domain sees, from its other sites since the outage was seen.
struct Alibi {
    int failing = 0;      // sites that fail there and are not known to fail elsewhere, the one in question included
    int well = 0;
    int judgeable = 0;    // sites that other domains check as well, so that the region could be found ill by them
    bool anchored = false;
    bool complete = true; // `judgeable` is of all sites there are
};

// False if too few sites, and no anchors, could ever tell that the region is ill.
bool can_be_judged(const Alibi& alibi, const ArbitrationSettings& settings);

enum class Judgement : unsigned char { open, well, doubtful };

// `well`: the outage may be told, for it is the target's. `doubtful`: the region may be ill. `open`: not enough was seen since.
Judgement judge(const Alibi& alibi, const ArbitrationSettings& settings);

// A monitor's part in that: fails there, whatever others have not seen yet; or was seen well since.
Sight unrefuted(const MonitorState& state, const Definition& definition, const Voter& voter, TimePoint since, TimePoint now);

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::Health> {
    static constexpr std::array<std::string_view, 2> names{"voting", "quarantined"};
};

template <>
struct sonde::EnumNames<sonde::decision::Ground> {
    static constexpr std::array<std::string_view, 5> names{"none", "sites_failing_alone", "anchors_failing", "well_again", "by_request"};
};
