// The thread that does what one engine does for all: relaying the outbox, and watching the regions' coverage. Each by a lease.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "incident-engine/arbiter.h"
#include "incident-engine/coverage.h"
#include "incident-engine/maintenance.h"
#include "incident-engine/relay.h"

namespace sonde::engine {

class Telling {
public:
    struct Options {
        std::string owner;
        milliseconds lease{4000};
        milliseconds agent_silence{15000};
        decision::ArbitrationSettings arbitration;
    };
    Telling(Options options, db::Pool& pool, bus::Bus& bus, Metrics& metrics);
    ~Telling();
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;

    void start();
    // Releases the leases, unless `as_a_crash`. Idempotent.
    void stop(bool as_a_crash = false);
    // There are new events. Thread-safe.
    void nudge();
    // Somebody asks for something about a region or an advisory. Thread-safe.
    void commands_waiting();
    // Maintenance windows may have been edited. Thread-safe.
    void windows_changed();

private:
    void run();
    void round();
    [[nodiscard]] milliseconds pause() const;
    [[nodiscard]] bool holds(std::string_view name) const;
    std::function<void(db::Tx&)> fence_by(std::string_view name);

    const Options options_;
    db::Leases leases_;
    Relay relay_;
    Coverage coverage_;
    Arbiter arbiter_;
    Maintenance maintenance_;
    std::vector<db::Lease> held_;
    MonotonicPoint next_renewal_{};
    MonotonicPoint next_look_{};
    MonotonicPoint next_arbitration_{};
    std::atomic<bool> commands_{true};
    bool failing_ = false;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool nudged_ = true;
    bool stopping_ = false;
    bool crash_ = false;
    std::thread thread_;
};

}  // namespace sonde::engine
