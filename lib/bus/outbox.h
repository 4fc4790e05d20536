// What is on its way to the connection. Writing to a connection blocks while the server does not read; threads with better things to
// do put messages here instead.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "lib/base/instant.h"

namespace sonde::bus {

struct Outgoing {
    std::string subject;
    std::string reply;       // empty for none
    std::string payload;
    std::uint64_t answer = 0;  // number of the answer that is expected; 0 for none
};

// Bounded; one thread of its own, on which `send` is called for each message in order. Thread-safe.
class Outbox {
public:
    explicit Outbox(std::function<void(const Outgoing&)> send);
    ~Outbox();  // what was not sent by then is dropped
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    // False if there is no room; then nothing was taken over.
    [[nodiscard]] bool put(Outgoing&& message);
    // Waits until all that was put before is sent; false if it was not by the deadline.
    bool drained(MonotonicPoint deadline);

private:
    void run();

    std::function<void(const Outgoing&)> send_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable sent_changed_;
    std::deque<Outgoing> queue_;
    std::size_t bytes_ = 0;
    std::uint64_t put_ = 0;
    std::uint64_t sent_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sonde::bus
