// One connection of NATS.c and the events of its life.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "lib/bus/handles.h"

namespace sonde::bus {

// Called on threads of NATS.c; must return soon.
struct ConnectionEvents {
    std::function<void()> connected;  // for the first time, and again after each loss
    std::function<void()> lost;
    std::function<void()> closed;     // for good: NATS.c gives up when it was refused twice for the same reason
    std::function<void(std::string_view kind, std::string_view text)> error;
};

// Reconnects on its own until it is closed.
class Connection {
public:
    // Throws std::runtime_error for options that can never work.
    static void check(const Options& options);

    // Tries each server once, a second each at most; if none answers, goes on trying in the background. Nothing if the connection
    // could not even be begun. `why` says why it is not connected, and stays empty if it is.
    static std::shared_ptr<Connection> open(const Options& options, ConnectionEvents events, std::string& why);

    ~Connection();
    // No event after it returned; not from an event. Frees whoever is stuck in a call on the connection.
    void close();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] natsConnection* get() const { return connection_; }
    // `host:port` of the server it is connected to; empty if it is not.
    [[nodiscard]] std::string server() const;

private:
    struct Relay;
    Connection() = default;
    std::shared_ptr<Relay> relay_;
    natsConnection* connection_ = nullptr;
};

}  // namespace sonde::bus
