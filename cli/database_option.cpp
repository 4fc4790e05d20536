#include "cli/database_option.h"

#include <CLI/CLI.hpp>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "cli/up/layout.h"
#include "lib/json/json.h"

namespace sonde::cli {

void add_database_option(CLI::App& command, DatabaseOption& option) {
    command.add_option("--dsn", option.dsn, "the database: a libpq connection string or URI")->envname("SONDE_DATABASE_DSN");
    command.add_option("--data", option.data, "the data directory of a running `sonde up`, instead of --dsn")->envname("SONDE_DATA");
}

std::unique_ptr<Database> open_database(const DatabaseOption& option) {
    auto dsn = option.dsn;
    if (dsn.empty() && option.data.empty()) throw Failure{"name the database with --dsn, or a data directory with --data", kUsage};
    if (dsn.empty()) {
        const auto layout = up::existing_layout(option.data);
        const auto text = up::read_file(layout.endpoints());
        const auto document = json::parse(text.value_or("{}"));
        if (document) dsn = document->value("postgres_dsn", "");
        if (dsn.empty()) throw Failure{layout.endpoints().string() + " names no database: does Sonde run there?"};
    }
    auto database = std::make_unique<Database>();
    db::PoolOptions options;
    options.dsn = Secret{dsn};
    options.application_name = "sonde";
    options.size = 1;
    options.statement_timeout = std::chrono::minutes{30};  // a migration may rewrite a large table
    database->pool = std::make_unique<db::Pool>(std::move(options), database->metrics);
    return database;
}

}  // namespace sonde::cli
