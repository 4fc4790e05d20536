// The notifier's configuration: one declaration of each key.
#pragma once

#include <string>
#include <vector>

#include "lib/service/service.h"

namespace sonde::notifier {

struct NotifierConfig {
    service::CommonConfig common;
    service::DatabaseConfig database;
    std::string key_file = "secrets.key";
    std::string base_url;
    milliseconds acknowledge_for{86'400'000};
    std::vector<std::string> guard_allow;
    std::vector<std::string> guard_deny;
    std::string ca_file;
    milliseconds timeout{10'000};
    milliseconds mail_timeout{60'000};
    int max_in_flight = 256;
    int max_per_channel = 8;
    milliseconds give_up_after{86'400'000};
    milliseconds lease{30'000};
    milliseconds drain{10'000};
    std::vector<std::string> subscriber_guard_allow;
    int subscriber_mails = 16;
    int subscriber_webhooks = 32;
    int subscriber_mails_per_second = 20;
    Secret deadman_url;
    milliseconds deadman_every{60'000};
};

// The keys, whose targets are in `config`, which must outlive them.
config::Keys keys_of(NotifierConfig& config);

}  // namespace sonde::notifier
