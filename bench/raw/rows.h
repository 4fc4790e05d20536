// The least that rows in PostgreSQL can cost: libpq alone, one session, transactions that are on the disk when they are said to be committed.
#pragma once

#include <string>

#include "bench/raw/cost.h"

namespace sonde::bench {

struct RowLoop {
    std::string dsn;
    std::string table;     // with the columns of `result` or of `monitor_state`
    long rows = 200'000;   // rounded up to whole transactions
    int batch = 500;       // rows in a transaction
    int monitors = 10'000; // that the rows are of, in the order of their slots, which is not that of their ids
};

// New results by COPY, in its binary format. The table has none of them yet.
Cost copy_results(const RowLoop& loop);

// The states of monitors, written again and again by one statement with arrays, as the incident engine does.
Cost upsert_states(const RowLoop& loop);

// Both block, and throw std::runtime_error with what the server says.

}  // namespace sonde::bench
