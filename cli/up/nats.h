// The embedded nats-server: private, on a local port.
#pragma once

#include <string>

#include "cli/up/child.h"
#include "cli/up/layout.h"
#include "lib/admission/keys.h"

namespace sonde::cli::up {

// The server's configuration. Nobody has a user in it: who may do what is signed with the keys of the bus, and `account` says the rest
// (lib/admission). What streams keep on disk, jobs with the secrets of monitors among it, is encrypted with `store_key`. Pure.
std::string nats_config(int port, const fs::path& store, const std::string& store_key, const admission::BusKeys& keys, const std::string& account);

// Writes DIR/config/nats.conf anew and gives the program. Throws Failure if nats-server is not installed.
Program nats_program(const Layout& layout, int port, const admission::BusKeys& keys, const std::string& account);

// Streams from before agents joined, which nobody can reach any more. Removes them; false if there are none.
bool remove_former_streams(const Layout& layout);

// What a server on `port` says of its version when it is greeted; empty if there is no answer within a second.
std::string nats_version(int port);

// Whether `version` (`2.9.10`) is older than the first that is known to be free of stuck consumers and lost acknowledgements.
bool is_old_nats(const std::string& version);

}  // namespace sonde::cli::up
