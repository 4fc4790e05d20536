#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/database_option.h"
#include "cli/failure.h"
#include "lib/db/migrate.h"

namespace sonde::cli {

void add_migrate(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("migrate", "Bring the database's schema up to date");
    const auto option = std::make_shared<DatabaseOption>();
    add_database_option(*command, *option);
    command->callback([&run, option] {
        run = [option] {
            const auto database = open_database(*option);
            const auto report = db::migrate(*database->pool);
            if (!report) throw Failure{report.error().message};
            if (report->before == report->after) {
                std::printf("The schema is up to date (version %d)\n", report->after);
            } else {
                std::printf("Migrated the schema from version %d to %d\n", report->before, report->after);
            }
            return kOk;
        };
    });
}

}  // namespace sonde::cli
