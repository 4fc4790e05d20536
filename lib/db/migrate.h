// Numbered, forward-only migrations, each with a checksum, under an advisory lock.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/db/db.h"

namespace sonde::db {

struct Migration {
    int version;  // from 1, without gaps
    std::string_view name;
    std::string_view sql;
};

// Those compiled into this program, in order, from schema/migrations.
const std::vector<Migration>& migrations();

struct MigrationReport {
    int before = 0;
    int after = 0;
};

// Applies what is missing, each in a transaction. Refuses a database that is newer than this program, and one whose applied
// migrations have other checksums. Several callers at once: one works, the others wait and find nothing left to do.
Result<MigrationReport> migrate(Pool& pool);
Result<MigrationReport> migrate(Pool& pool, const std::vector<Migration>& known);

// For services at their start: an error unless the schema is exactly the one this program knows.
Status check_schema(Pool& pool);
Status check_schema(Pool& pool, const std::vector<Migration>& known);

}  // namespace sonde::db
