#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/failure.h"
#include "simulation/run.h"

namespace sonde::cli {
namespace {

struct Options {
    simulation::Options sim;
    double hours = 1;
    std::uint64_t seeds = 1;
    std::string faults = "all";
};

std::set<simulation::Fault> faults_of(const std::string& text) {
    if (text == "all") return simulation::all_faults();
    std::set<simulation::Fault> faults;
    if (text == "none") return faults;
    for (const auto& name : CLI::detail::split(text, ',')) {
        const auto fault = from_name<simulation::Fault>(name);
        if (!fault) {
            std::string known;
            for (const auto& one : EnumNames<simulation::Fault>::names) known += fmt::format(" {}", one);
            throw Failure{fmt::format("there is no fault `{}`; there are{}, all and none", name, known), kUsage};
        }
        faults.insert(*fault);
    }
    return faults;
}

void print(const simulation::Report& report) {
    for (const auto& line : report.trace) std::printf("%s\n", line.c_str());
    for (const auto& line : report.details) std::printf("%s\n", line.c_str());
}

void add(simulation::Report& sum, const simulation::Report& one) {
    for (std::size_t i = 0; i < sum.findings.size(); ++i) sum.findings[i] += one.findings[i];
    sum.checks += one.checks;
    sum.results += one.results;
    sum.incidents += one.incidents;
    sum.outages += one.outages;
    sum.slots += one.slots;
}

int simulate(const Options& options) {
    auto sim = options.sim;
    sim.length = milliseconds{static_cast<std::int64_t>(options.hours * 3'600'000)};
    sim.faults = faults_of(options.faults);
    simulation::Report sum;
    for (std::uint64_t i = 0; i < options.seeds; ++i) {
        sim.seed = options.sim.seed + i;
        const auto report = simulation::run(sim);
        print(report);
        if (report.total() > 0) std::printf("again: %s --trace\n", simulation::command_of(sim).c_str());
        add(sum, report);
    }
    std::printf("%llu checks, %llu results, %llu incidents, %llu outages and %llu slots held to the bounds\n", static_cast<unsigned long long>(sum.checks),
                static_cast<unsigned long long>(sum.results), static_cast<unsigned long long>(sum.incidents), static_cast<unsigned long long>(sum.outages),
                static_cast<unsigned long long>(sum.slots));
    for (std::size_t i = 0; i < sum.findings.size(); ++i) {
        std::printf("%s %d%s", std::string(EnumNames<simulation::Finding>::names[i]).c_str(), sum.findings[i], i + 1 < sum.findings.size() ? ", " : "\n");
    }
    return sum.total() == 0 ? kOk : kFailed;
}

}  // namespace

void add_sim(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("sim", "Run core, scheduler and agents in virtual time, with faults, against a known truth");
    const auto options = std::make_shared<Options>();
    command->add_option("--seed", options->sim.seed, "what everything follows from")->required();
    command->add_option("--seeds", options->seeds, "how many seeds, one after the other")->check(CLI::Range(1, 1'000'000));
    command->add_option("--hours", options->hours, "how long, of virtual time; some calm minutes follow")->check(CLI::Range(0.01, 1000.0));
    command->add_option("--monitors", options->sim.monitors, "how many")->check(CLI::Range(1, 1000));
    command->add_option("--faults", options->faults, "which may happen: a list of names, `all` or `none`");
    command->add_flag("--trace", options->sim.trace, "print all that happens");
    command->callback([&run, options] {
        run = [options] { return simulate(*options); };
    });
}

}  // namespace sonde::cli
