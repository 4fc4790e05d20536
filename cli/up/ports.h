// The local ports of a data directory: chosen once, remembered, and replaced only if somebody else has taken them.
#pragma once

#include <map>
#include <string>

#include "cli/up/layout.h"

namespace sonde::cli::up {

// True if a server could listen there now.
bool is_free(int port);

// A free port below the range the system takes for outgoing connections, so that no check of ours ever sits on it while its server restarts.
int free_port();

// Remembered in `ports.json`.
class Ports {
public:
    explicit Ports(const Layout& layout);
    // The remembered port of `name` if it is free, else a new one.
    int take(const std::string& name);
    // Nothing is chosen: `port` is remembered as the one of `name`.
    void set(const std::string& name, int port);
    [[nodiscard]] int remembered(const std::string& name) const;  // 0 if none

private:
    void save() const;
    fs::path file_;
    std::map<std::string, int> ports_;
};

}  // namespace sonde::cli::up
