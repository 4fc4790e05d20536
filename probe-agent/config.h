// The agent's configuration: one declaration of each key.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "lib/service/service.h"
#include "probe-agent/probe/options.h"

namespace sonde::agent {

struct AgentConfig {
    service::CommonConfig common;
    service::BusConfig bus;
    std::string region;
    std::string name;                // empty: `<hostname>-<region>`
    int max_in_flight = 0;           // 0: as many as there are file descriptors for, 10,000 at most
    int max_in_flight_per_host = 0;  // 0: a quarter of that, 512 at most
    int max_in_flight_per_site = 0;  // 0: half of that
    int max_in_flight_per_kind = 0;  // 0: nine tenths of that
    int fetch_window = 16;
    milliseconds linger{220};
    milliseconds retry_for{15'000};
    std::int64_t pending_bytes = 16 << 20;
    std::string spool_directory;  // empty: no spool
    std::int64_t spool_bytes = 64 << 20;
    milliseconds drain{10'000};
    milliseconds presence_interval{5'000};
    std::vector<std::string> guard_allow;
    std::vector<std::string> guard_deny;
    std::vector<std::string> dns_servers;
    std::string ca_file;
    std::string rdap_bootstrap_url = ProbeOptions{}.rdap_bootstrap;
    int target_cache = 50'000;
    std::string probe_modules_file;  // empty: no /probe
    std::string probe_token_file;    // empty: anybody may ask
    int probe_concurrency = 50;
    milliseconds probe_timeout_offset{500};
};

// The keys, whose targets are in `config`, which must outlive them.
config::Keys keys_of(AgentConfig& config);

// The configured name, or `<hostname>-<region>`, cut to what a name may be.
std::string agent_name(const AgentConfig& config);

struct Limits {
    int max_in_flight = 0;
    int max_in_flight_per_host = 0;
    int max_in_flight_per_site = std::numeric_limits<int>::max();
    int max_in_flight_per_kind = std::numeric_limits<int>::max();
};

// Raises the soft limit of file descriptors to the hard one, and fills in what was left to be derived. Each check may need two at
// a time (two addresses raced); some are kept for everything else. Throws std::runtime_error if what was asked for cannot be had.
Limits derive_limits(const AgentConfig& config);

}  // namespace sonde::agent
