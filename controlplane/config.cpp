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
    keys.push_back(config::key("api.stream_heartbeat", config.api_stream_heartbeat, milliseconds{1'000}, milliseconds{300'000},
                               "After so long without an event each of them says that it lives, by a comment. Below what proxies on the way wait for."));
    keys.push_back(config::key("api.stream_retry", config.api_stream_retry, milliseconds{100}, milliseconds{300'000},
                               "What each of them begins with: how long a client that is cut off is to wait before it comes again."));
    keys.push_back(config::key("runs.max_under_way", config.runs.max_under_way, 1, 256,
                               "Runs that wait for their regions at once, beside api.workers; beyond, they get a 503."));
    keys.push_back(config::key("runs.patience", config.runs.patience, milliseconds{500}, milliseconds{60'000},
                               "How long a run is waited for beyond the time-out of its check."));
    const auto counts = [&keys](std::string path, std::string& target, std::string doc) {
        keys.push_back(config::one_of(std::move(path), target, {"up", "down", "excluded"}, std::move(doc)));
    };
    counts("uptime.degraded", config.uptime_degraded, "How time in the state degraded counts towards uptime, where a request does not say.");
    counts("uptime.unknown", config.uptime_unknown, "The same of unknown: too few regions answered. It always lowers the coverage.");
    counts("uptime.pending", config.uptime_pending, "The same of pending: not decided yet.");
    counts("uptime.maintenance", config.uptime_maintenance, "The same of maintenance.");
    counts("uptime.paused", config.uptime_paused, "The same of paused.");
    scheduler::add_scheduler_keys(keys, config.scheduler);
    return keys;
}

history::Accounting accounting_of(const ControlplaneConfig& config) {
    const auto counts = [](const std::string& name) { return from_name<history::Counts>(name).value_or(history::Counts::excluded); };
    return {counts(config.uptime_degraded), counts(config.uptime_unknown), counts(config.uptime_pending), counts(config.uptime_maintenance),
            counts(config.uptime_paused)};
}

}  // namespace sonde::controlplane
