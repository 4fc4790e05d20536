// A subscription that is made again on every new connection.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "lib/bus/handles.h"

namespace sonde::bus {

// Inlets with the same turn never run their handlers at once.
using Turn = std::shared_ptr<std::recursive_mutex>;

// `handler` runs on a thread of NATS.c, in turn. Thread-safe.
class Inlet {
public:
    explicit Inlet(std::function<void(natsMsg*)> handler, Turn turn = std::make_shared<std::recursive_mutex>());
    ~Inlet();  // no call of the handler after it returned, unless it is the handler itself that destroys it
    Inlet(const Inlet&) = delete;
    Inlet& operator=(const Inlet&) = delete;

    // Subscribes there, instead of where it was before.
    Status attach(natsConnection* connection, const std::string& subject);
    void detach();

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    std::mutex mutex_;
    natsSubscription* subscription_ = nullptr;
};

}  // namespace sonde::bus
