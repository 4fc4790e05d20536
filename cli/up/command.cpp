#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/up/background.h"
#include "cli/up/running.h"
#include "cli/up/stack.h"

namespace sonde::cli {
namespace {

struct UpArguments {
    up::Options options;
    bool background = false;
    bool stop = false;
    bool status = false;
};

int run_up(const UpArguments& arguments) {
    if (arguments.stop) return up::stop_running(up::existing_layout(arguments.options.data));
    if (arguments.status) return up::print_status(up::existing_layout(arguments.options.data));
    if (!arguments.background) {
        up::run_stack(arguments.options, [](up::Say& say) { say.privately("Ctrl-C stops it"); });
        return kOk;
    }
    return up::in_background([&](const std::function<void()>& ready) {
        up::run_stack(arguments.options, [&](up::Say& say) {
            say.privately("It runs in the background; --status shows it, --stop stops it");
            say.detach();
            ready();
        });
        return kOk;
    });
}

}  // namespace

void add_up(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("up", "Run all of Sonde on this machine, with a PostgreSQL and a nats-server of its own");
    const auto arguments = std::make_shared<UpArguments>();
    command->add_option("--data", arguments->options.data, "the directory of everything it keeps")->envname("SONDE_DATA")->capture_default_str();
    command->add_option("--port", arguments->options.port, "where the API listens on 127.0.0.1; 0: any free port (default: that of last time, or 8600)")
        ->check(CLI::Range(0, 65535));
    auto* fresh = command->add_flag("--fresh", arguments->options.fresh, "delete the data and start over");
    auto* background = command->add_flag("--background", arguments->background, "return when everything is ready");
    auto* stop = command->add_flag("--stop", arguments->stop, "stop what runs in the data directory");
    command->add_flag("--status", arguments->status, "show what runs in the data directory")->excludes(stop)->excludes(fresh)->excludes(background);
    stop->excludes(fresh)->excludes(background);
    command->callback([&run, arguments] { run = [arguments] { return run_up(*arguments); }; });
}

}  // namespace sonde::cli
