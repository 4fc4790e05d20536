#include "controlplane/config.h"

namespace sonde::controlplane {

config::Keys keys_of(ControlplaneConfig& config) {
    config::Keys keys;
    service::add_common_keys(keys, config.common);
    service::add_database_keys(keys, config.database);
    keys.push_back(
        config::key("secrets.key_file", config.key_file,
                    "The key that the secrets of channels and monitors are sealed with: 32 random bytes as base64, mode 600. Losing it loses them.",
                    {.required = true}));
    keys.push_back(config::key("api.workers", config.api_workers, 1, 256, "Requests worked on at once."));
    keys.push_back(config::key("api.max_connections", config.api_max_connections, 1, 100'000,
                               "Connections from clients; beyond, none is accepted."));
    keys.push_back(config::key("api.max_connections_per_peer", config.api_max_connections_per_peer, 1, 100'000,
                               "Of those, from one address. Behind a proxy all come from the proxy's."));
    keys.push_back(config::key("api.max_queued", config.api_max_queued, 1, 100'000,
                               "Requests that wait for a worker; beyond, they get a 503."));
    keys.push_back(config::key("api.max_streams", config.api_max_streams, 1, 100'000,
                               "Answers as server-sent events that are open at once, each on a connection of its own; beyond, 503."));
    keys.push_back(config::key("runs.max_under_way", config.runs.max_under_way, 1, 256,
                               "Runs that wait for their regions at once, beside api.workers; beyond, they get a 503."));
    keys.push_back(config::key("runs.patience", config.runs.patience, milliseconds{500}, milliseconds{60'000},
                               "How long a run is waited for beyond the time-out of its check."));
    scheduler::add_scheduler_keys(keys, config.scheduler);
    return keys;
}

}  // namespace sonde::controlplane
