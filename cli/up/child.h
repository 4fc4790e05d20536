// One child process: how it is started, what became of it, how it is ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/up/user.h"
#include "lib/base/instant.h"

namespace sonde::cli::up {

// The order of the end: services first, the database last.
enum class Tier : unsigned char { database, bus, service };

struct Program {
    std::string name;
    Tier tier = Tier::service;
    bool is_agent = false;                 // of the services, those that own no truth and come last
    std::vector<std::string> arguments;    // [0] is the path of the program
    std::vector<std::string> environment;  // `NAME=value`; the whole of it
    std::filesystem::path log;             // appended to, by standard output and error
    std::optional<User> user;
    // What may be late without harm gives way to what may not: checks, their jobs and the bus go first. Added to ours, as nice(2).
    int niceness = 0;
    int stop_signal = 0;                   // asks for an orderly end
    int quit_signal = 0;                   // when that took too long
    milliseconds stop_deadline{15000};
    int port = 0;                          // where it serves; 0 if only its ready file tells
    std::filesystem::path ready_file;      // written by services once started; empty for the servers
};

// Where a process is by its number alone may be another's tomorrow: number and start time together name it for ever.
struct ProcessId {
    pid_t pid = 0;
    std::uint64_t started = 0;  // in clock ticks since boot, as /proc/<pid>/stat has it
    // The process that has this number now; nothing if there is none.
    static std::optional<ProcessId> of(pid_t pid);
    [[nodiscard]] bool alive() const;  // false for a zombie
};

// Starts it in a process group of its own, so that a terminal's Ctrl-C reaches the supervisor alone, and so that it is asked to end
// should this process die in whatever way. Throws Failure if the program cannot be executed. Main thread only: the kernel ties a
// child's life to the thread that made it.
ProcessId start(const Program& program);

// `exited with code 2`, `was ended by signal 9 (Killed)`.
std::string describe_end(int wait_status);

}  // namespace sonde::cli::up
