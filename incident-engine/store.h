// The engine's SQL: one statement a table and batch, with arrays, whatever the number of rows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "incident-engine/writes.h"
#include "lib/db/db.h"

namespace sonde::engine::store {

// Inserts results, passing over those that are there already. Returns how many were new. `sights` has a number for each, 0 for none (sights.h).
int insert_results(db::Tx& tx, std::span<const Seen> results, std::span<const int> sights);

// As `insert_results`, and says for each whether it was new. Of equal ones in `results` the first is.
std::vector<bool> insert_results_telling(db::Tx& tx, std::span<const Seen> results, std::span<const int> sights);

// Keeps the evidence that comes with results: no statement where there is none. Returns how many pieces were too long to be kept.
std::size_t insert_evidence(db::Tx& tx, std::span<const Seen> results);

// Counts new results of first attempts in `slot_ledger`.
void account(db::Tx& tx, std::span<const Seen> results);

// Notes the hours of results that came long after them: they may have been rolled up already. No statement where there are none.
void note_late(db::Tx& tx, std::span<const Seen> results, TimePoint now);

// Everything in `writes`, and a notification for the notifier if there are events.
void write(db::Tx& tx, const Writes& writes, TimePoint now);

// The incidents in `writes` with their members, and the public updates and postmortems of those that have new ones.
void write_incidents(db::Tx& tx, const Writes& writes);

// Events of no monitor or site.
void write_events(db::Tx& tx, std::span<const Event> events);

}  // namespace sonde::engine::store
