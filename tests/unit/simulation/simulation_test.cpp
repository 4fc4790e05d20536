// Thousands of seeds, each some minutes with faults and some of calm, against a known truth. A seed that fails prints the command
// that does it again.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "simulation/run.h"

namespace simulation_test {

using namespace sonde;
using namespace sonde::simulation;

namespace {

// SONDE_SIM_SEEDS asks for more, as for a night. Under a sanitizer they are fewer.
std::uint64_t seeds(std::uint64_t usual) {
    if (const auto* text = std::getenv("SONDE_SIM_SEEDS")) return std::strtoull(text, nullptr, 10);
    const auto* patience = std::getenv("SONDE_TEST_PATIENCE");
    return patience != nullptr ? std::max<std::uint64_t>(usual / std::strtoull(patience, nullptr, 10), 1) : usual;
}

void add(Report& sum, const Report& one) {
    sum.checks += one.checks;
    sum.incidents += one.incidents;
    sum.outages += one.outages;
    sum.silenced += one.silenced;
    sum.affected += one.affected;
    sum.ill_regions += one.ill_regions;
    sum.slots += one.slots;
    sum.late_batches += one.late_batches;
    sum.uncovered += one.uncovered;
}

// In the order of the seeds; as many at once as there are processors.
std::vector<Report> reports_of(const Options& options, std::uint64_t first, std::uint64_t count) {
    std::vector<Report> reports(count);
    std::atomic<std::uint64_t> next{0};
    const auto work = [&] {
        for (auto i = next++; i < count; i = next++) {
            auto one = options;
            one.seed = first + i;
            reports[i] = run(one);
        }
    };
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::max(std::thread::hardware_concurrency(), 1U); ++i) workers.emplace_back(work);
    workers.clear();  // waits for them
    return reports;
}

// All of these seeds must come to nothing.
Report run_all(Options options, std::uint64_t first, std::uint64_t count) {
    Report sum;
    options.seed = first;
    for (const auto& report : reports_of(options, first, count)) {
        for (const auto& line : report.details) MESSAGE(line);
        CHECK_MESSAGE(report.total() == 0, "again: " << command_of(options) << " --trace");
        add(sum, report);
        ++options.seed;
    }
    MESSAGE(count << " seeds: " << sum.checks << " checks, " << sum.incidents << " incidents, " << sum.outages << " outages (" << sum.silenced
                  << " more in silence, " << sum.affected << " counted by their cause) and " << sum.slots << " slots held to the bounds");
    return sum;
}

int found(const Report& report, Finding what) { return report.findings[static_cast<std::size_t>(what)]; }

// Many seeds do not meet the moment that shows it: one after the other, until one does.
template <class Shows>
bool shows(Sabotage sabotage, std::set<Fault> faults, Shows has_shown) {
    Options options;
    options.length = std::chrono::minutes{8};
    options.faults = std::move(faults);
    options.sabotage = sabotage;
    for (options.seed = 1; options.seed <= 400; ++options.seed) {
        if (has_shown(run(options))) return true;
    }
    return false;
}

bool shows(Sabotage sabotage, std::set<Fault> faults) {
    return shows(sabotage, std::move(faults), [](const Report& report) { return report.total() > 0; });
}

}  // namespace

TEST_CASE("without faults no page is false, no outage is missed and no slot is lost") {
    Options options;
    options.length = std::chrono::minutes{10};
    options.faults.clear();
    const auto sum = run_all(options, 1, seeds(100));
    CHECK(sum.outages > 0);
    CHECK(sum.slots > 100 * seeds(100));
}

TEST_CASE("whatever breaks, no page is false or comes twice, no outage is missed, nothing stays open, and every slot is accounted for") {
    Options options;
    options.length = std::chrono::minutes{8};
    const auto sum = run_all(options, 1'000'000, seeds(1500));
    CHECK(sum.outages > seeds(1500));
    CHECK(sum.incidents > seeds(1500));
    CHECK(sum.silenced > seeds(1500) / 20);
}

TEST_CASE("nothing pages in maintenance, once or again or as edited since, what is still down at its end pages then, and what was open before stays open and is over as ever") {
    Options options;
    options.length = std::chrono::minutes{10};
    options.faults = {Fault::maintenance};
    const auto sum = run_all(options, 3'000'000, seeds(200));
    CHECK(sum.outages > 0);
    CHECK(sum.silenced > 0);
}

TEST_CASE("what a parent that is down explains does not page, what it does not explain does, and a group pages when too few of its members are left") {
    Options options;
    options.length = std::chrono::minutes{10};
    options.monitors = 5;
    options.faults = {Fault::dependencies, Fault::maintenance};
    const auto sum = run_all(options, 4'000'000, seeds(250));
    CHECK(sum.outages > 0);
    CHECK(sum.silenced > 0);
    CHECK(sum.affected > 0);
}

TEST_CASE("a region that sees everything down is quarantined once, pages nobody, and is released when it is well") {
    Options options;
    options.length = std::chrono::minutes{6};
    options.monitors = 7;
    options.faults = {Fault::ill_region};
    const auto sum = run_all(options, 5'000'000, seeds(100));
    CHECK(sum.ill_regions > seeds(100) / 4);
}

TEST_CASE("an engine that is behind decides late, and the same") {
    Options options;
    options.length = std::chrono::minutes{10};
    options.monitors = 8;
    options.faults = {Fault::slow_engine};
    const auto sum = run_all(options, 6'000'000, seeds(150));
    CHECK(sum.late_batches > seeds(150));
    CHECK(sum.uncovered == 0);  // every agent votes in time, all the time
}

TEST_CASE("many monitors of few sites, for hours") {
    Options options;
    options.length = std::chrono::hours{2};
    options.monitors = 12;
    run_all(options, 2'000'000, seeds(4));
}

TEST_CASE("a seed does the same every time, traced or not") {
    Options options;
    options.seed = 77;
    options.length = std::chrono::minutes{10};
    options.trace = true;
    const auto one = run(options);
    const auto two = run(options);
    CHECK(one.trace.size() > 500);
    CHECK(one.trace == two.trace);
    options.trace = false;
    const auto silent = run(options);
    CHECK(silent.trace.empty());
    CHECK(silent.happened == one.happened);
    CHECK(silent.checks == one.checks);
}

TEST_CASE("leaving a fault out leaves the rest of a seed as it is") {
    Options options;
    options.seed = 5;
    CHECK(command_of(options) == "sonde sim --seed 5 --hours 1 --monitors 4");
    options.faults = {Fault::loss, Fault::skew};
    CHECK(command_of(options) == "sonde sim --seed 5 --hours 1 --monitors 4 --faults loss,skew");
    options.faults.clear();
    CHECK(command_of(options) == "sonde sim --seed 5 --hours 1 --monitors 4 --faults none");
}

// The simulator would find nothing if it could not: each mistake of the shell, put in on purpose, must show.

TEST_CASE("it finds an engine that acknowledges before it has committed") {
    CHECK(shows(Sabotage::acknowledge_first, {Fault::engine_crash, Fault::database_partition}, [](const Report& report) { return found(report, Finding::vanished) > 0; }));
}

TEST_CASE("it finds an engine that commits though its lease is another's") {
    CHECK(shows(Sabotage::no_fence, {Fault::engine_stop, Fault::engine_crash}));
}

TEST_CASE("it finds an engine that trusts its memory after a commit of which it was not told") {
    CHECK(shows(Sabotage::trust_memory, {Fault::database_partition}));
}

TEST_CASE("it finds an engine that counts what comes again") {
    CHECK(shows(Sabotage::count_duplicates, {Fault::duplicates}, [](const Report& report) { return found(report, Finding::unaccounted) > 0; }));
}

TEST_CASE("it finds an engine that is behind and goes by its own clock") {
    CHECK(shows(Sabotage::own_clock, {Fault::slow_engine}, [](const Report& report) { return report.uncovered > 0; }));
}

TEST_CASE("it finds a scheduler whose cursor goes ahead of its jobs") {
    CHECK(shows(Sabotage::move_cursor_first, {Fault::scheduler_crash, Fault::bus_stop}, [](const Report& report) { return found(report, Finding::unaccounted) > 0; }));
}

}  // namespace simulation_test
