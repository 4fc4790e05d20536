// Sees to it that results flow: makes missing streams and consumers, and makes anew a consumer that holds messages and delivers none.
// Consumers of work queues have been seen to stop in every version of the server (nats-server issues 4168, 4736, 5799, 7680).
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "incident-engine/intake.h"
#include "incident-engine/metrics.h"
#include "lib/bus/topology.h"

namespace sonde::engine {

class Watchdog {
public:
    struct Options {
        int replicas = 1;
        milliseconds every{2000};
        milliseconds stuck_after{10000};
    };
    Watchdog(Options options, bus::Bus& bus, Intake& intake, Metrics& metrics);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void start();
    void stop();
    // The region has no urgent stream: made at the next look. Thread-safe.
    void missing_urgent(std::string region);
    // Empty when well. Thread-safe.
    [[nodiscard]] std::string trouble() const;

private:
    struct Progress {
        std::uint64_t delivered = 0;
        MonotonicPoint since{};  // when messages were first seen waiting without any being delivered
        bool waiting = false;
        int recreations = 0;     // since a message was delivered
    };
    void run();
    void look();
    Status look_at_stream(std::string_view name, const bus::topology::Place& place);
    Status look_at_consumer(int shard);
    Status make_results();
    Status make_anew(int shard, Progress& progress, std::uint64_t pending);
    Status make_urgent();

    const Options options_;
    bus::Bus& bus_;
    Intake& intake_;
    Metrics& metrics_;
    std::array<Progress, kShards> progress_{};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::set<std::string> missing_urgent_;
    std::string trouble_ = "the streams were not looked at yet";
    std::thread thread_;
};

}  // namespace sonde::engine
