// The monitors of the owned shares, as far as scheduling goes, and the regions they run in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/scheduler/plan.h"
#include "lib/base/id.h"
#include "lib/message/job.h"

namespace sonde::scheduler {

// One monitor that is to be checked, as loaded.
struct Definition {
    MonitorId id;
    int revision = 0;
    int share = 0;
    Timing timing;
    milliseconds timeout{0};
    Placement placement = Placement::all;
    std::vector<std::string> regions;  // empty: every region there is
    TimePoint created_at;
    message::JobTemplate job;
};

// A set of regions that monitors name, shared by all that name the same.
using RegionSetIndex = std::uint32_t;

// Where a monitor is kept; small numbers, used again after a removal with another generation.
using Place = std::uint32_t;

struct Monitor {
    MonitorId id;
    Timing timing;
    Slot next;                     // its next slot that no tick has met yet
    message::JobTemplate job;
    int revision = 0;
    RegionSetIndex regions = 0;
    std::uint32_t generation = 0;  // 24 bits
    std::uint8_t share = 0;
    std::uint8_t timeout_class = 0;
    Placement placement = Placement::all;
    bool present = false;
};

// Pure; not thread-safe.
class Roster {
public:
    Roster();

    // The regions there are. Those named by monitors but not there have no checks.
    void set_regions(const std::vector<std::string>& names);
    [[nodiscard]] bool region_exists(RegionIndex region) const { return exists_[region]; }
    [[nodiscard]] const std::string& region_name(RegionIndex region) const { return names_[region]; }
    // How many were ever known; indices are below it.
    [[nodiscard]] std::size_t regions_known() const { return names_.size(); }
    // The existing ones that `monitor` runs in, in the order of names.
    [[nodiscard]] const std::vector<RegionIndex>& regions_of(const Monitor& monitor) const { return sets_[monitor.regions].existing; }

    // Adds or replaces. `Monitor::next` of a new one is the epoch: the caller sets it.
    Place put(Definition definition);
    void remove(Place place);

    [[nodiscard]] const Place* find(MonitorId id) const;
    [[nodiscard]] Monitor& at(Place place) { return places_[place]; }
    // Nothing if what was there under that generation is gone.
    [[nodiscard]] const Monitor* find(const JobRef& job) const;
    [[nodiscard]] std::vector<Place> of_share(int share) const;
    [[nodiscard]] std::size_t size() const { return by_id_.size(); }

private:
    struct RegionSet {
        std::vector<std::string> names;  // sorted; empty: all
        std::vector<RegionIndex> existing;
    };
    RegionSetIndex intern(std::vector<std::string> names);
    RegionIndex index_of(const std::string& name);
    void resolve(RegionSet& set);

    std::vector<std::string> names_;
    std::vector<bool> exists_;
    std::map<std::string, RegionIndex, std::less<>> indices_;
    std::vector<RegionSet> sets_;
    std::map<std::vector<std::string>, RegionSetIndex> set_indices_;
    std::vector<Monitor> places_;
    std::vector<Place> free_;
    std::unordered_map<MonitorId, Place> by_id_;
};

}  // namespace sonde::scheduler
