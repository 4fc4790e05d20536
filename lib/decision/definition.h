// What the core must know of a monitor: who may vote on it, under which rule, how often, and whether it is watched at all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/check/heartbeat/spec.h"
#include "lib/check/policy.h"

namespace sonde::decision {

// `region.id` of the database.
enum class RegionId : std::int16_t {};

// Where pings come from: no region that there is, so that no row of the table has this number (lib/message/subject.h has the name).
inline constexpr RegionId kPushRegion{0};

enum class Severity : unsigned char { critical, major, minor };  // worst first

// Whether checks of the monitor mean anything now. Everything but `active` closes what is open.
enum class Activity : unsigned char { active, paused, disabled, deleted, site_inactive, site_deleted };

// Whether a region's vote counts. Votes that do not are kept and shown all the same.
enum class Standing : unsigned char {
    counts,
    excluded,     // by the monitor's policy: as if it did not check the monitor
    quarantined,  // the region itself is ill: as if it were silent
};

// A region that checks the monitor.
struct Voter {
    RegionId id{};
    std::string name;
    std::string domain;    // failure domain
    int domain_index = 0;  // from 0 to Definition::domains - 1, the same for equal domains
    Standing standing = Standing::counts;
    bool pages = false;         // it is enough alone
    TimePoint doubtful_since{};  // quarantined: what began to fail there since then is put down to the region
};

struct Definition {
    MonitorId monitor;
    SiteId site;
    std::string name;
    std::string site_name;
    Severity severity = Severity::critical;
    check::Policy policy;
    milliseconds interval{60000};
    milliseconds timeout{10000};
    bool rotates = false;          // one region a slot, in turn
    std::uint64_t spec_hash = 0;   // votes taken under another spec say nothing of this one
    Activity activity = Activity::active;
    std::vector<Voter> voters;     // by id
    std::optional<check::HeartbeatSpec> heartbeat;  // of a monitor that is heard of; its one voter is kPushRegion
    int domains = 0;                // with regions that are not excluded
    std::uint64_t voters_hash = 0;  // of the voters' ids
    int revision = 0;               // of the monitor, as its jobs carry it
    std::uint64_t standing_hash = 0;  // of what their votes are worth; 0 if all just count
    milliseconds hold{0};           // how long an outage that one domain alone sees waits for the judgement of its regions (arbitration.h)
    std::vector<std::string> tags;  // of the monitor and its site, for who tells of it
    TimePoint quicker_since{};      // votes are to be fresher than before since then, as far as whoever decides knows: older ones are not missing

    // How often one region checks it.
    [[nodiscard]] milliseconds cadence() const {
        return rotates ? interval * static_cast<std::int64_t>(voters.empty() ? 1 : voters.size()) : interval;
    }
    // How old a vote may be and still count.
    [[nodiscard]] milliseconds freshness() const {
        if (heartbeat) return std::chrono::hours{24 * 366 * 200};  // the deadline says when silence means something
        return cadence() * 3 / 2 + timeout;
    }
    // Null for a region that does not check it. Valid as long as the definition.
    [[nodiscard]] const Voter* voter(RegionId region) const {
        for (const auto& voter : voters) {
            if (voter.id == region) return &voter;
        }
        return nullptr;
    }
    [[nodiscard]] bool counts(RegionId region) const {
        const auto* found = voter(region);
        return found != nullptr && found->standing == Standing::counts;
    }
};

// A region whose votes are not believed.
struct IllRegion {
    RegionId id{};
    TimePoint doubtful_since;
};

// What each vote is worth, by the monitor's policy and the regions that are ill; and arranges the voters.
void weigh_voters(Definition& definition, std::span<const IllRegion> ill);

// `next` takes the place of `before` now.
void follows(Definition& next, const Definition& before, TimePoint now);

// Sorts the voters, numbers their failure domains and fills in what follows from them.
void arrange_voters(Definition& definition);

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::Severity> {
    static constexpr std::array<std::string_view, 3> names{"critical", "major", "minor"};
};

template <>
struct sonde::EnumNames<sonde::decision::Standing> {
    static constexpr std::array<std::string_view, 3> names{"counts", "excluded", "quarantined"};
};
