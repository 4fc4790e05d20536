// A server of a few lines of Python, by a library of its own, so that both ends are not of one mind.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sonde::test {

// Runs `script`, a path from the root, which prints the port of 127.0.0.1 that it listens on and serves until it is killed.
class PythonServer {
public:
    // Throws std::runtime_error if it does not start.
    PythonServer(const std::string& script, const std::vector<std::string>& arguments = {});
    ~PythonServer();
    PythonServer(const PythonServer&) = delete;
    PythonServer& operator=(const PythonServer&) = delete;

    [[nodiscard]] int port() const { return port_; }

private:
    pid_t process_ = -1;
    int port_ = 0;
};

}  // namespace sonde::test
