// The database of a data directory: brought up to date, and at its very first start given what nobody can do without.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/up/layout.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::cli::up {

struct Prepared {
    int schema_before = 0;
    int schema_after = 0;
    std::optional<Secret> admin_token;  // only when it was made just now: it can never be shown again
};

// Migrates; makes the first admin token (its hash goes into the database, the text into DIR/admin-token) unless there has been one;
// adds `regions`, each its own failure domain, if there is no region at all. Throws Failure.
Prepared prepare_database(db::Pool& pool, const Layout& layout, const std::vector<std::string>& regions);

}  // namespace sonde::cli::up
