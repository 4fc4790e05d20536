// Becoming an agent of a region: what is asked for, and what is kept of the answer. The key never leaves the directory.
#pragma once

#include <filesystem>
#include <string>

#include "lib/admission/nkey.h"
#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::cli::join {

// The files of an agent that joined, in one directory.
struct Files {
    std::filesystem::path directory;  // absolute

    [[nodiscard]] std::filesystem::path seed() const { return directory / "agent.seed"; }
    [[nodiscard]] std::filesystem::path credentials() const { return directory / "agent.creds"; }
    [[nodiscard]] std::filesystem::path authorities() const { return directory / "nats-ca.pem"; }
    [[nodiscard]] std::filesystem::path config() const { return directory / "agent.yaml"; }
    [[nodiscard]] std::filesystem::path spool() const { return directory / "spool"; }
};

struct Welcome {
    std::string id;
    std::string name;
    std::string region;
    std::vector<std::string> urls;
    std::string authorities;  // PEM; empty for the system's
    std::string credential;
};
// Nothing of it can be made to be more than a value in the configuration. Pure.
Result<Welcome> read_welcome(std::string_view answer);

// The configuration of such an agent. Pure.
std::string configuration(const Welcome& welcome, const Files& files);

// The key of the directory; made there if it has none, before anybody hears of it. Throws Failure.
crypto::SigningKey key_in(const Files& files, bool fresh);
// Writes what the agent needs to start, each file whole or not at all. A configuration that is there stays as it is, unless it is another agent's: that is put
// aside. Throws Failure.
void keep(const Files& files, const Welcome& welcome, const crypto::SigningKey& key);

}  // namespace sonde::cli::join
