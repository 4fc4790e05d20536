// What the servers of the tests have in common: a child process that ends with us, a program to be found, a free port.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/servers.h"
#include "tests/support/temp_dir.h"

namespace sonde::test {

inline constexpr int kStartAttempts = 5;  // a free port may be gone by the time the server binds it
inline constexpr int kStartDeadlineMs = 120'000;

// The user a server runs as: our own, or, because PostgreSQL refuses to run as root, another one if we are root.
struct User {
    uid_t uid = ::getuid();
    gid_t gid = ::getgid();
};

User unprivileged();

// Empty if it cannot be read.
std::string text_of(const std::filesystem::path& file);

// A child with its output in `log`, in the directory of which it runs; ends with us, however we end.
class Child {
public:
    Child(const std::vector<std::string>& command, const std::filesystem::path& log, User user);
    ~Child() { kill_hard(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] bool running();
    void signal(int number);
    void freeze();       // returns once it does nothing any more
    void kill_family();  // as `kill_hard`, and its own children with it, which would otherwise live until they notice
    void kill_hard();    // SIGKILL, and waits until it is gone
    [[nodiscard]] bool succeeded() const;  // once it is not running

private:
    pid_t pid_ = -1;
    int status_ = -1;
};

// Runs a command to its end; throws with what it said if it fails.
void run_to_end(const std::vector<std::string>& command, const std::filesystem::path& log, User user);

// Whether somebody listens at this port of the loopback.
bool accepts(int port);

// The first of these that can be run; Debian keeps PostgreSQL's programs out of the path, the newest version last.
std::string find_program(const std::string& name);

// Chooses a port with `start(port)` until the server that this started is ready; throws with its log otherwise.
template <class Start, class Ready>
int start_on_free_port(const std::filesystem::path& log, Start start, Ready ready) {
    for (int attempt = 1;; ++attempt) {
        const int port = free_port();
        start(port);
        if (ready(port)) return port;
        if (attempt == kStartAttempts) throw std::runtime_error("the server does not start: " + text_of(log));
    }
}

}  // namespace sonde::test
