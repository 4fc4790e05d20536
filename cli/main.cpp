#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/command.h"
#include "cli/failure.h"

namespace {

constexpr sonde::cli::AddCommand kCommands[] = {
    sonde::cli::add_up,
    sonde::cli::add_agent,
    sonde::cli::add_bus,
    sonde::cli::add_migrate,
    sonde::cli::add_token,
    sonde::cli::add_secrets,
    sonde::cli::add_user,
    sonde::cli::add_check,
    sonde::cli::add_apply,
    sonde::cli::add_diff,
    sonde::cli::add_export,
    sonde::cli::add_import,
    sonde::cli::add_channel,
    sonde::cli::add_status_page,
    sonde::cli::add_jsonpath,
    sonde::cli::add_next,
    sonde::cli::add_sim,
    sonde::cli::add_backtest,
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Sonde: uptime monitoring from several regions at once."};
    app.set_version_flag("--version", "sonde " SONDE_VERSION);
    app.require_subcommand(1);
    std::function<int()> run;
    for (const auto add : kCommands) add(app, run);
    try {
        app.parse(argc, argv);
        return run();
    } catch (const CLI::ParseError& error) {
        if (app.exit(error) == 0) return sonde::cli::kOk;
        // What these mean by 2 is that files and what is there differ.
        const bool compares = app.got_subcommand("apply") || app.got_subcommand("diff");
        return compares ? sonde::cli::kFailed : sonde::cli::kUsage;
    } catch (const sonde::cli::Failure& failure) {
        std::fprintf(stderr, "sonde: %s\n", failure.what());
        return failure.exit_code();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sonde: %s\n", error.what());
        return sonde::cli::kFailed;
    }
}
