// What the supervisor tells other programs: endpoints.json, where everything is; state.json, how everything is.
#pragma once

#include <memory>
#include <vector>

#include "cli/up/layout.h"
#include "cli/up/services.h"
#include "cli/up/supervisor.h"

namespace sonde::cli::up {

// Mode 0600, for it holds the database's password.
void write_endpoints(const Layout& layout, const Surroundings& surroundings, const std::vector<std::unique_ptr<Child>>& children);

void write_state(const Layout& layout, const std::vector<std::unique_ptr<Child>>& children);

// One child as state.json has it.
struct ChildRecord {
    std::string name;
    ProcessId id;
    std::string state;
    int restarts = 0;
    int port = 0;
};
std::vector<ChildRecord> read_state(const Layout& layout);

}  // namespace sonde::cli::up
