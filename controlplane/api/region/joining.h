// What joining works on: the keys that admit, where the bus is, and how often anybody may try.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/admission/keys.h"
#include "lib/base/instant.h"

namespace sonde::controlplane {

// How often a client (net::client_key) may try, and all of them together: a bucket each, which fills up again. Bounded; thread-safe.
class Attempts {
public:
    static constexpr int kOfOne = 20;              // at once, and one more every three seconds
    static constexpr milliseconds kOneEvery{3'000};
    static constexpr int kOfAll = 300;
    static constexpr milliseconds kAllEvery{200};
    static constexpr std::size_t kMostClients = 4096;

    explicit Attempts(int of_one = kOfOne, int of_all = kOfAll) : of_one_(of_one), of_all_(of_all) {}

    // Zero if it may; else how long it has to wait.
    milliseconds take(const std::string& client, MonotonicPoint now);

private:
    struct Bucket {
        MonotonicPoint empty_until{};  // the time up to which what was taken is paid for
    };
    static milliseconds wait_for(const Bucket& bucket, MonotonicPoint now, int most, milliseconds every);

    const int of_one_;
    const int of_all_;
    std::mutex mutex_;
    Bucket all_;
    std::unordered_map<std::string, Bucket> of_;
};

struct Joining {
    Joining(const admission::BusKeys& bus_keys, std::vector<std::string> bus_urls, std::string bus_authorities, int attempts_of_one = Attempts::kOfOne)
        : keys(bus_keys), urls(std::move(bus_urls)), authorities(std::move(bus_authorities)), attempts(attempts_of_one) {}

    const admission::BusKeys& keys;
    const std::vector<std::string> urls;  // of the bus, as agents reach it
    const std::string authorities;        // PEM, to verify its certificates with; empty for the system's
    Attempts attempts;
};

}  // namespace sonde::controlplane
