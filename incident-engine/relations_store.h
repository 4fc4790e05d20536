// Reading what stands between monitors from the database, and writing what the engine finds of it.
#pragma once

#include <vector>

#include "incident-engine/catalog.h"
#include "incident-engine/holdings.h"
#include "incident-engine/writes.h"
#include "lib/db/db.h"

namespace sonde::engine::relations_store {

// Reads the windows anew.
void load_windows(db::Tx& tx, TimePoint now, Relations& relations);

// Reads dependencies, groups and the remote monitors anew into `holdings.relations`; shards and regions must be loaded. Returns groups
// that are in an open incident and are no more.
std::vector<catalog::Orphan> load(db::Tx& tx, const std::vector<int>& shards, TimePoint now, Holdings& holdings);

// Whether what `load` read may be another by edits of these monitors and sites: one that takes part came, went or moved, a site has another name or
// is active or not, or a remote monitor was edited. Nearly all edits are of none of that, and of ours the definitions are read anyway.
bool outdated_by(db::Tx& tx, const std::vector<std::int64_t>& monitors, const std::vector<std::int64_t>& sites, const Relations& relations);

// Reads the states of remote monitors anew. Returns true if one of them has changed.
bool refresh(db::Tx& tx, TimePoint now, Holdings& holdings);

// Groups' states, what is suppressed, and for other engines that a state changed which matters to them.
void write(db::Tx& tx, const Writes& writes, TimePoint now);

// How many are suppressed because of each open incident of these shards. Those of none are there only if they had some.
struct Radius {
    SiteId site;
    decision::RadiusSeen seen;
};
std::vector<Radius> radii(db::Tx& tx, const std::vector<int>& shards);

}  // namespace sonde::engine::relations_store
