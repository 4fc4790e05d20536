#include "incident-engine/config.h"

namespace sonde::engine {

config::Keys keys_of(EngineConfig& config) {
    config::Keys keys;
    service::add_common_keys(keys, config.common);
    service::add_bus_keys(keys, config.bus);
    service::add_replicas_key(keys, config.replicas);
    service::add_database_keys(keys, config.database);
    const auto ms = [](int value) { return milliseconds{value}; };
    keys.push_back(config::key("secrets.key_file", config.key_file,
                               "The key that the secrets of channels and monitors are sealed with; the control plane's file.",
                               {.required = true}));
    keys.push_back(config::key("engine.lease", config.lease, ms(1000), ms(60'000),
                               "How long a shard stays with an engine that does not renew it: the longest a takeover waits."));
    keys.push_back(config::key("engine.linger", config.linger, ms(0), ms(1000),
                               "How long results with failures wait for others, to share a transaction."));
    keys.push_back(config::key("engine.relaxed_linger", config.relaxed_linger, ms(0), ms(5000),
                               "How long results without failures wait for others; longer costs less."));
    keys.push_back(config::key("engine.batch_results", config.batch_results, 1, 100'000, "Results in one transaction, about."));
    keys.push_back(config::key("engine.pull_messages", config.pull_messages, 1, 4096,
                               "Result messages of one shard held in memory at most."));
    keys.push_back(config::key("engine.known_sights", config.known_sights, 1, 10'000'000,
                               "Different addresses, HTTP versions and certificates of good checks that are held in memory; about 60 bytes each."));
    keys.push_back(config::key("engine.poll", config.poll, ms(100), ms(60'000),
                               "How often changes and commands are looked for if no notification comes."));
    keys.push_back(config::key("incidents.reopen_within", config.reopen_within, ms(0), milliseconds{std::chrono::hours{24 * 366}},
                               "How long after its resolution an incident may be opened again by hand; later, a new one is opened."));
    keys.push_back(config::key("coverage.agent_silence", config.agent_silence, ms(2000), ms(3'600'000),
                               "An agent that was not seen for so long does not cover its region."));
    keys.push_back(config::key("watchdog.every", config.watch_every, ms(100), ms(60'000), "How often the streams are looked at."));
    keys.push_back(config::key("watchdog.stuck_after", config.stuck_after, ms(500), ms(600'000),
                               "A consumer that holds messages and delivers none for so long, although asked, is made anew."));
    auto& arbitration = config.arbitration;
    keys.push_back(config::key("arbitration.enabled", config.arbitrate,
                               "Whether regions in which many sites fail that fail nowhere else are quarantined: their votes do not count until they are well."));
    keys.push_back(config::key("arbitration.min_sites", arbitration.min_sites, 2, 10'000, "Sites that must fail in a region alone before it is quarantined."));
    keys.push_back(config::key("arbitration.share_percent", config.quarantine_percent, 10, 100,
                               "The least share of those sites, of all that the region saw in the meantime."));
    keys.push_back(config::key("arbitration.window", arbitration.window, ms(10'000), ms(3'600'000),
                               "Failures that began longer ago are no sign of a region's fault. Shorter times, down to a thirty-second of it, are looked at as well."));
    keys.push_back(config::key("arbitration.release_percent", config.release_percent, 0, 100,
                               "A quarantined region is well while at most so many of its sites fail there alone."));
    keys.push_back(config::key("arbitration.release_after", arbitration.release_after, ms(1000), ms(86'400'000),
                               "How long it must be well without a break before its votes count again."));
    keys.push_back(config::key("arbitration.spared", arbitration.spared, ms(0), ms(86'400'000),
                               "How long a region that was released by hand is not quarantined again."));
    keys.push_back(config::key("arbitration.hold", config.hold, ms(0), ms(300'000),
                               "How long an outage that one failure domain alone sees waits until that region was seen to be well; four times as long while it is in doubt. 0: not at all."));
    return keys;
}

decision::ArbitrationSettings arbitration_of(const EngineConfig& config) {
    auto settings = config.arbitration;
    settings.share = config.quarantine_percent / 100.0;
    settings.release_share = config.release_percent / 100.0;
    return settings;
}

}  // namespace sonde::engine
