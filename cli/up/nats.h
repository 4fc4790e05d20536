// The embedded nats-server: private, on a local port, with a user for each part that may do no more than that part must.
#pragma once

#include <string>
#include <vector>

#include "cli/up/child.h"
#include "cli/up/layout.h"

namespace sonde::cli::up {

// A user and what its role is; the password is in the secrets, under `nats-<name>`.
struct BusUser {
    std::string name;
    std::string password;
};

// The server's configuration. `regions` have an agent user each, `agent-<region>`: it may fetch its own region's jobs, report under its
// own region's name, and nothing else. `sonde` may do everything, `subscriber` may only read events. What streams keep on disk, jobs
// with the secrets of monitors among it, is encrypted with `store_key`. Pure.
std::string nats_config(int port, const fs::path& store, const std::string& store_key, const BusUser& services, const BusUser& subscriber,
                        const std::vector<std::pair<std::string, BusUser>>& agents);

// Writes DIR/config/nats.conf anew and gives the program. Throws Failure if nats-server is not installed.
Program nats_program(const Layout& layout, int port, const std::vector<std::string>& regions);

// What a server on `port` says of its version when it is greeted; empty if there is no answer within a second.
std::string nats_version(int port);

// Whether `version` (`2.9.10`) is older than the first that is known to be free of stuck consumers and lost acknowledgements.
bool is_old_nats(const std::string& version);

}  // namespace sonde::cli::up
