// Runs one raw loop against a server and prints what it cost, as JSON. bench/limits starts the servers and runs them all.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include <stdexcept>

#include "bench/raw/bus.h"
#include "bench/raw/rows.h"

namespace {

using namespace sonde;

void print(const bench::Cost& cost) {
    std::printf(R"({"count": %ld, "client_us": %.3f, "per_s": %.0f, "server": %d})"
                "\n",
                cost.count, cost.client_us, cost.per_second, cost.server);
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    CLI::App app{"Runs one raw loop against a server and prints what it cost."};
    app.require_subcommand(1);

    bench::BusLoop bus;
    auto* on_bus = app.add_subcommand("bus", "messages through JetStream: published, pulled, acknowledged");
    on_bus->add_option("--url", bus.url)->required();
    on_bus->add_option("--credentials", bus.credentials_file, "an administrator's")->required();
    on_bus->add_option("--messages", bus.messages)->check(CLI::Range(1L, 10'000'000L));
    on_bus->add_option("--jobs", bus.jobs, "in a message")->check(CLI::Range(1, 1'000));
    on_bus->add_option("--job-bytes", bus.job_bytes)->check(CLI::Range(1, 1'000));

    bench::RowLoop rows;
    auto* copying = app.add_subcommand("copy", "results into a table like `result`");
    auto* upserting = app.add_subcommand("upsert", "states into a table like `monitor_state`");
    for (auto* loop : {copying, upserting}) {
        loop->add_option("--dsn", rows.dsn)->envname("SONDE_BENCH_DSN")->required();
        loop->add_option("--table", rows.table)->required();
        loop->add_option("--rows", rows.rows)->check(CLI::Range(1L, 100'000'000L));
        loop->add_option("--batch", rows.batch, "rows in a transaction")->check(CLI::Range(1, 100'000));
        loop->add_option("--monitors", rows.monitors, "that the rows are of; as many as are in a transaction, at least")->check(CLI::Range(1, 1'000'000));
    }
    CLI11_PARSE(app, argc, argv);
    try {
        if (*on_bus) {
            print(bench::run(bus));
        } else {
            // Two states of one monitor in one statement are refused by PostgreSQL, and no results of ours are twice in a transaction.
            if (rows.batch > rows.monitors) throw std::runtime_error("more rows in a transaction than monitors");
            print(*copying ? bench::copy_results(rows) : bench::upsert_states(rows));
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench-limits: %s\n", error.what());
        return 1;
    }
}
