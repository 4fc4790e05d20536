// How far each of the works on the past has come.
#pragma once

#include <optional>
#include <string_view>

#include "lib/db/db.h"

namespace sonde::history {

struct Cursor {
    TimePoint upto;                 // all before is done
    std::int64_t monitor_after = 0; // and what begins there, of the monitors up to this one
};

// Nothing if that work was never begun.
std::optional<Cursor> read_cursor(db::Tx& tx, std::string_view name);
void write_cursor(db::Tx& tx, std::string_view name, const Cursor& cursor);

}  // namespace sonde::history
