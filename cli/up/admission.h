// Who may use the bus of a data directory: the services, the embedded agents, whoever reads events.
#pragma once

#include <string>
#include <vector>

#include "cli/up/layout.h"
#include "lib/admission/keys.h"
#include "lib/db/db.h"

namespace sonde::cli::up {

struct EmbeddedAgent {
    std::string name;    // `eu-1`
    std::string region;
    bool admitted = true;  // false: somebody revoked or removed it; it stays away until its seed is deleted
};

// The credentials of a service, an agent or a reader, by name: DIR/secrets/nats-<name>.creds.
fs::path credentials_file(const Layout& layout, const std::string& name);

// The key of the directory's bus, made at its first start.
admission::BusKeys bus_keys(const Layout& layout);

// Has the agents of `regions` join, if they have not, each with a key of its own in DIR/secrets/agent-<name>.seed; and writes everybody's
// credentials. Throws Failure.
std::vector<EmbeddedAgent> admit(db::Pool& pool, const Layout& layout, const admission::BusKeys& keys, const std::vector<std::string>& regions);

}  // namespace sonde::cli::up
