// The subcommands of `sonde`. Each declares its arguments and is given them by CLI11; main.cpp lists them all.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sonde::cli {

// Adds a subcommand to `app`; when it was chosen, sets `run` to what it does. What `run` returns is the exit code; it may throw Failure.
using AddCommand = void (*)(CLI::App& app, std::function<int()>& run);

void add_up(CLI::App& app, std::function<int()>& run);
void add_migrate(CLI::App& app, std::function<int()>& run);
void add_token(CLI::App& app, std::function<int()>& run);
void add_secrets(CLI::App& app, std::function<int()>& run);
void add_user(CLI::App& app, std::function<int()>& run);
void add_check(CLI::App& app, std::function<int()>& run);
void add_jsonpath(CLI::App& app, std::function<int()>& run);
void add_apply(CLI::App& app, std::function<int()>& run);
void add_diff(CLI::App& app, std::function<int()>& run);
void add_export(CLI::App& app, std::function<int()>& run);
void add_import(CLI::App& app, std::function<int()>& run);
void add_backtest(CLI::App& app, std::function<int()>& run);
void add_next(CLI::App& app, std::function<int()>& run);
void add_agent(CLI::App& app, std::function<int()>& run);
void add_bus(CLI::App& app, std::function<int()>& run);
void add_channel(CLI::App& app, std::function<int()>& run);
void add_status_page(CLI::App& app, std::function<int()>& run);
void add_sim(CLI::App& app, std::function<int()>& run);

}  // namespace sonde::cli
