// Brings pings to the results stream. What arrives while a message of its shard is on its way travels in the next one.
#pragma once

#include <functional>
#include <memory>

#include "lib/bus/bus.h"
#include "lib/message/result.h"

namespace sonde::ping {

// Thread-safe, never blocks. The bus must outlive it; callbacks may come until the bus has ended.
class Courier {
public:
    struct Limits {
        std::size_t results = 200;          // of one message,
        std::size_t bytes = 700'000;        // about, of one message: what a single ping may need fits
        std::size_t waiting = 10'000;       // of one shard; beyond, a ping is refused
        milliseconds deadline{2000};        // for the stream to accept it
    };
    using Done = std::function<void(bool accepted)>;

    // `name` says in the messages who sent them.
    Courier(bus::Bus& bus, std::string name, Limits limits);
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    // `done` is called exactly once, possibly before this returned: true when the stream has it; false after the deadline, or when the
    // bus does not take messages. Then it may be in the stream all the same.
    void send(message::ProbeResult result, Done done);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace sonde::ping
