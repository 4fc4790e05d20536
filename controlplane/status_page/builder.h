// The snapshot of a page, from the database as it is at one instant: in a few statements, however many components there are.
#pragma once

#include "controlplane/status_page/draft.h"
#include "controlplane/status_page/snapshot.h"
#include "lib/db/db.h"

namespace sonde::status_page {

// To be made before anything is read in the transaction: all that it reads is of one instant then, and it writes nothing.
void read_one_instant(db::Tx& tx);

// As of the transaction's time. What is of incidents is what people wrote for the public, and names are the page's: an incident is called by the components that it is about.
// Throws db::DbError.
Snapshot build(db::Tx& tx, const PageDraft& draft, const history::Accounting& configured);

}  // namespace sonde::status_page
