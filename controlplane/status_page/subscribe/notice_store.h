// News of pages, written down for the notifier.
#pragma once

#include <vector>

#include "controlplane/status_page/subscribe/notice.h"
#include "lib/base/status_page_id.h"
#include "lib/db/db.h"

namespace sonde::status_page::subscribe {

// Writes what `page` has that is news to anybody, and of maintenance that was news and is off, that it is:
// not before its first subscriber confirmed, and each once, whoever writes it first. Does nothing for a page without subscribers, and returns how
// many are new. Throws DbError.
int write_notices(db::Tx& tx, StatusPageId id, const Snapshot& page);

}  // namespace sonde::status_page::subscribe
