// How a subcommand is told of the database: `--dsn`, or `--data` with the directory of a `sonde up`.
#pragma once

#include <memory>
#include <string>

#include "lib/base/secret.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace CLI {
class App;
}

namespace sonde::cli {

struct DatabaseOption {
    std::string dsn;
    std::string data;
};

// `--dsn` (or SONDE_DATABASE_DSN) and `--data`; the DSN wins. The option must outlive the parsing and the command.
void add_database_option(CLI::App& command, DatabaseOption& option);

// One connection, opened when first used. Throws Failure if neither was given, or nothing runs in the data directory.
struct Database {
    metrics::Registry metrics;
    std::unique_ptr<db::Pool> pool;
};
std::unique_ptr<Database> open_database(const DatabaseOption& option);

}  // namespace sonde::cli
