// The engine's configuration: one declaration of each key.
#pragma once

#include "lib/decision/arbitration.h"
#include "lib/service/service.h"

namespace sonde::engine {

struct EngineConfig {
    service::CommonConfig common;
    service::BusConfig bus;
    int replicas = 1;  // of the streams
    service::DatabaseConfig database{.pool_size = 3};
    std::string key_file = "secrets.key";
    milliseconds lease{4000};            // how long a shard stays ours without a renewal
    milliseconds linger{20};             // how long results that press may wait for others to share a transaction
    milliseconds relaxed_linger{20};    // the same where all is well
    int batch_results = 2000;
    int pull_messages = 128;
    int known_sights = 200'000;
    milliseconds poll{1000};
    milliseconds reopen_within{86'400'000};  // incidents, by hand
    milliseconds agent_silence{15000};   // an agent not seen for so long is not there
    milliseconds stuck_after{10000};     // of a results consumer that holds messages and delivers none
    milliseconds watch_every{2000};
    bool arbitrate = true;               // regions that are ill do not vote
    decision::ArbitrationSettings arbitration;
    int quarantine_percent = 50;         // of the sites a region sees; arbitration.share
    int release_percent = 20;            // arbitration.release_share
    milliseconds hold{15000};            // of an outage that one failure domain alone sees
};

// With the shares that are given in percent.
decision::ArbitrationSettings arbitration_of(const EngineConfig& config);

// The keys, whose targets are in `config`, which must outlive them.
config::Keys keys_of(EngineConfig& config);

}  // namespace sonde::engine
