// What is due of incidents' courses. The engine alone writes incidents (docs/adr/0004-commands-go-through-the-database.md), so it is asked: a row of
// `incident_command`, written in the transaction that marks the course as asked. What comes of it is an event, or a refusal, for somebody has acknowledged.
#pragma once

#include "notifier/ledger/ledger.h"

namespace sonde::notifier::due {

// Several notifiers may do so at once: each course is asked for once. One whose command came to nothing, though nothing has happened that ends the
// course, is asked for again. Part of the caller's transaction; throws DbError.
DueReport ask(db::Tx& tx, int at_most);

}  // namespace sonde::notifier::due
