// The control plane's configuration: one declaration of each key.
#pragma once

#include <string>
#include <vector>

#include "controlplane/access/caller_address.h"
#include "controlplane/api/endpoint/rate_limit.h"
#include "controlplane/history/accounting.h"
#include "controlplane/login/options.h"
#include "controlplane/run/options.h"
#include "controlplane/scheduler/config.h"
#include "controlplane/status_page/options.h"
#include "controlplane/status_page/picture/font.h"
#include "controlplane/status_page/serve/audience.h"
#include "lib/service/service.h"

namespace sonde::controlplane {

struct ControlplaneConfig {
    service::CommonConfig common;
    service::BusConfig bus;
    int replicas = 1;  // of the streams
    service::DatabaseConfig database{.pool_size = 8};  // connections of the API; the scheduler has its own few
    std::string key_file = "secrets.key";
    std::string admission_key_file;  // empty: agents cannot join
    std::vector<std::string> admission_urls;
    std::string admission_ca_file;
    std::vector<std::string> api_trusted_proxies;
    std::string api_proxy_header = "x-forwarded-for";
    int api_workers = 8;
    int api_max_connections = 1024;
    int api_max_connections_per_peer = 256;
    int api_max_queued = 256;
    int api_max_bodies_mib = 256;
    int api_max_streams = 512;
    milliseconds api_stream_heartbeat{15'000};
    milliseconds api_stream_retry{3'000};
    login::Options login;
    run::RunOptions runs;
    RateLimits limits{.view = {60'000}};  // what is kept costs little, and behind a proxy that is not trusted all readers are one
    // How states count towards uptime, by name (history::Counts).
    std::string uptime_degraded = "up";
    std::string uptime_unknown = "excluded";
    std::string uptime_pending = "excluded";
    std::string uptime_maintenance = "excluded";
    std::string uptime_paused = "excluded";
    scheduler::SchedulerConfig scheduler;
    status_page::KeeperOptions status_pages;
    std::string status_pages_address = "127.0.0.1";
    int status_pages_port = 0;  // 0: no listener of their own
    int status_pages_max_connections = 4096;
    int status_pages_cache_mib = 64;
    std::string status_pages_font = std::string(status_page::picture::kUsualFont);
    status_page::serve::AudienceLimits status_pages_audience;
};

// As the keys say; what is no CIDR, which reading refuses, is left out.
Proxies proxies_of(const ControlplaneConfig& config);

// As the keys say; a name that is none, which reading refuses, counts as excluded.
history::Accounting accounting_of(const ControlplaneConfig& config);

// The keys, whose targets are in `config`, which must outlive them.
config::Keys keys_of(ControlplaneConfig& config);

}  // namespace sonde::controlplane
