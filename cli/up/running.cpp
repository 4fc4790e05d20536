#include "cli/up/running.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "cli/failure.h"
#include "cli/up/endpoints.h"
#include "cli/up/file.h"

namespace sonde::cli::up {
namespace {

constexpr int kNothingRuns = 3;

template <class Condition>
bool wait_for(Condition condition, milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(milliseconds{50});
    }
    return true;
}

ProcessId supervisor_of(const Layout& layout) {
    ProcessId id;
    std::istringstream text(read_file(layout.pid_file()).value_or(""));
    text >> id.pid >> id.started;
    return id;
}

// Proportional set size in KiB: what is shared counts once over all who share it. Children of the process (PostgreSQL's backends) included.
std::uint64_t memory_kib(pid_t pid) {
    std::uint64_t sum = 0;
    std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string line; std::getline(rollup, line);) {
        if (line.starts_with("Pss:")) sum += std::stoull(line.substr(4));
    }
    std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    for (pid_t child = 0; children >> child;) sum += memory_kib(child);
    return sum;
}

}  // namespace

void write_pid(const Layout& layout) {
    const auto self = ProcessId::of(::getpid()).value_or(ProcessId{::getpid(), 0});
    write_file(layout.pid_file(), std::to_string(self.pid) + " " + std::to_string(self.started) + "\n");
}

int print_status(const Layout& layout) {
    if (!supervisor_of(layout).alive()) {
        std::printf("Sonde does not run in %s\n", layout.dir.c_str());
        return kNothingRuns;
    }
    bool all = true;
    std::printf("%-14s %8s  %-19s %8s %6s %10s\n", "NAME", "PID", "STATE", "RESTARTS", "PORT", "MEMORY");
    for (const auto& child : read_state(layout)) {
        const bool alive = child.id.alive();
        const auto state = alive || child.state != "ready" ? child.state : "dead";
        all = all && state == "ready";
        std::printf("%-14s %8d  %-19s %8d %6d %6.1f MiB\n", child.name.c_str(), child.id.pid, state.c_str(), child.restarts, child.port,
                    alive ? static_cast<double>(memory_kib(child.id.pid)) / 1024 : 0.0);
    }
    return all ? 0 : 1;
}

int stop_running(const Layout& layout) {
    const auto supervisor = supervisor_of(layout);
    if (!supervisor.alive()) {
        std::printf("Sonde does not run in %s\n", layout.dir.c_str());
        return 0;
    }
    if (::kill(supervisor.pid, SIGTERM) != 0) throw Failure{"may not stop process " + std::to_string(supervisor.pid) + ", which is another user's"};
    if (!wait_for([&] { return !supervisor.alive(); }, std::chrono::seconds{90})) {
        throw Failure{"process " + std::to_string(supervisor.pid) + " has not ended in 90 s; " + layout.log("up").string() + " says what it waits for"};
    }
    std::printf("Stopped\n");
    return 0;
}

void end_leftovers(const Layout& layout) {
    // Their parent's death has asked them to end; this gives them the time, and then ends those that did not.
    for (const auto& child : read_state(layout)) {
        if (wait_for([&] { return !child.id.alive(); }, milliseconds{10'000})) continue;
        ::kill(child.id.pid, child.name == "postgres" ? SIGQUIT : SIGKILL);
        if (!wait_for([&] { return !child.id.alive(); }, milliseconds{10'000})) {
            throw Failure{child.name + " of an earlier start (process " + std::to_string(child.id.pid) + ") does not end"};
        }
    }
}

}  // namespace sonde::cli::up
