// Reading definitions, states and open incidents of shards from the database into Holdings.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "incident-engine/holdings.h"
#include "lib/db/db.h"

namespace sonde::engine::catalog {

void load_regions(db::Tx& tx, Regions& regions);

// Reads anew which regions are to be believed, and gives the definitions of the monitors that this concerns the votes' new worth. Returns those.
std::vector<MonitorId> refresh_health(db::Tx& tx, Holdings& holdings);

// What `hold_shard` found that must be decided on.
struct Orphan {
    SiteId site;
    decision::Scope scope = decision::Scope::outage;
    MonitorId monitor;
};

struct Loaded {
    std::vector<MonitorId> monitors;
    std::vector<Orphan> orphans;         // still in an open incident, and not to be found
    std::vector<SiteId> gone;            // deleted, and something is open of them
};

// Definitions and states of one shard. Shards may be read side by side, in transactions of their own, while nobody changes `regions`.
std::vector<Watched> read_shard(db::Tx& tx, int shard, TimePoint now, const Regions& regions);
// Holds them, with the shard's open incidents. Nothing of the shard may be held.
Loaded hold_shard(db::Tx& tx, int shard, std::vector<Watched> read, TimePoint now, Holdings& holdings);

// Reads the definitions of these monitors, and of all monitors of these sites, anew. Returns those that are held afterwards;
// of monitors in shards that are not in `shards`, nothing is kept.
std::vector<MonitorId> refresh(db::Tx& tx, const std::vector<std::int64_t>& monitors, const std::vector<std::int64_t>& sites,
                               const std::vector<int>& shards, TimePoint now, Holdings& holdings);

// The open incidents of one shard, whose monitors are held already. Part of `hold_shard`.
void load_incidents(db::Tx& tx, int shard, Holdings& holdings, Loaded& loaded);

// Of these sites, those that are deleted and have something open.
std::vector<SiteId> gone_sites(db::Tx& tx, const std::vector<std::int64_t>& sites, const Holdings& holdings);

// Definitions and states of monitors in other engines' shards; not of deleted ones.
std::unordered_map<MonitorId, Watched> load_remote(db::Tx& tx, const std::vector<std::int64_t>& monitors, const Regions& regions, TimePoint now);

// Nothing if there is no such incident.
std::optional<decision::Incident> load_incident(db::Tx& tx, IncidentId id);

// What changed since it was last asked: sees every change at least once, in spite of transactions that commit out of order.
class Changes {
public:
    struct Seen {
        bool regions = false;
        bool health = false;  // of regions
        bool windows = false;
        bool relations = false;            // dependencies or groups
        bool radius = false;               // more or fewer are suppressed because of something
        std::vector<std::int64_t> monitors;
        std::vector<std::int64_t> sites;
        std::vector<std::int64_t> states;  // of monitors that others depend on
        [[nodiscard]] bool empty() const {
            return !regions && !health && !windows && !relations && !radius && monitors.empty() && sites.empty() && states.empty();
        }
    };
    // Forgets what was seen and begins here: to be called before everything is loaded.
    void begin(db::Tx& tx);
    Seen read(db::Tx& tx);

private:
    std::string from_;                        // transaction number
    std::unordered_set<std::string> known_;   // read before, and may be read again
};

}  // namespace sonde::engine::catalog
