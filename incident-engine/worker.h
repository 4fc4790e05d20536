// The one thread that decides: it owns all state of the owned shards and is the only writer of incident state.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "incident-engine/config.h"
#include "incident-engine/metrics.h"
#include "lib/bus/bus.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"

namespace sonde::engine {

class Hearing;
class Intake;

class Worker {
public:
    // `on_committed` is called on the worker's thread after a commit that wrote events; `on_missing_urgent(region)` on a NATS thread.
    // All references must outlive the worker.
    Worker(const EngineConfig& config, std::string owner, db::Pool& pool, const crypto::SecretBox& secrets, bus::Bus& bus, Intake& intake,
           Hearing& hearing, Metrics& metrics,
           std::function<void()> on_committed, std::function<void(std::string)> on_missing_urgent);
    ~Worker();  // as `stop`
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // Ends the batch under way, gives back what was not begun, and releases the shards. Idempotent.
    void stop();
    // As `stop`, but as a crash would: nothing is given back or released. For tests.
    void abandon();

    // Something may have changed, or been asked for. Thread-safe.
    void definitions_changed();
    void commands_waiting();

    // Empty when well. Thread-safe.
    [[nodiscard]] std::string trouble() const;

private:
    class Desk;
    void run();

    std::unique_ptr<Desk> desk_;
    Intake& intake_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> abandoned_{false};
    std::thread thread_;
};

}  // namespace sonde::engine
