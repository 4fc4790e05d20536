// The incidents of a page, as the public may read them.
#pragma once

#include <vector>

#include "controlplane/status_page/cast.h"
#include "controlplane/status_page/snapshot.h"
#include "lib/db/db.h"

namespace sonde::status_page {

struct Incidents {
    std::vector<Incident> open;  // newest first, both
    std::vector<Incident> past;
};

// Those that are about monitors of the page, or about all of a site of which it has some, and that were not resolved by `since`. Warnings only once something was written of them for the public.
Incidents read_incidents(db::Tx& tx, const Cast& cast, TimePoint since);

// What the last public update says, but an incident is `resolved` when it is, and not before. Pure.
Phase phase_of(bool resolved, std::optional<Phase> told);

}  // namespace sonde::status_page
