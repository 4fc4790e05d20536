// Days of results that are over: from rows to columns, and away when they are old.
#pragma once

#include <string>

#include "controlplane/history/options.h"
#include "lib/db/db.h"

namespace sonde::history {

// The next bounded part of packing: some monitors of the oldest day that is over for good and rolled up; at its end, in one transaction, the packed
// day takes the place of the partition. Readers see the one or the other. Throws DbError(timeout) if the table is busy at that moment:
// nobody is made to wait for long, and it is tried again. Returns whether there may be more to do.
bool pack(db::Tx& tx, const HistoryOptions& options);

// Makes the coming days' and months' partitions. Keeps nobody waiting.
void make_partitions(db::Tx& tx);

// The oldest partition that is older than it is to be kept: of rows (once they are rolled up, or a week later), of packed results, of hours. Its
// name, or nothing. Dropping it is a short lock on the whole table, so it goes alone in its transaction.
std::string find_old_partition(db::Tx& tx, const HistoryOptions& options);
// Throws DbError(timeout) if the table is busy.
void drop_partition(db::Tx& tx, const std::string& name);

}  // namespace sonde::history
