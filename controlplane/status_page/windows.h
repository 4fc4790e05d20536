// The maintenance of a page: its title and description are what the public reads of a window.
#pragma once

#include <vector>

#include "controlplane/status_page/cast.h"
#include "controlplane/status_page/snapshot.h"
#include "lib/db/db.h"

namespace sonde::status_page {

// In progress, then scheduled for the next 30 days, the soonest first, then completed within the last 30, the last first.
std::vector<Maintenance> read_maintenance(db::Tx& tx, const Cast& cast, TimePoint now);

}  // namespace sonde::status_page
