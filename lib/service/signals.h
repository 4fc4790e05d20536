// Signals, as events for one waiting thread. Internal to lib/service.
#pragma once

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace sonde::service {

// While it lives, SIGTERM, SIGINT and SIGHUP are blocked in the creating thread and all it starts later; a thread of its own
// waits for them. The second SIGTERM or SIGINT ends the process with exit code 1, whatever the others do. Ignores SIGPIPE for
// good.
class Signals {
public:
    enum class Event : unsigned char { stop, reload };

    Signals();
    ~Signals();  // restores the mask of the creating thread
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // Blocks until there is an event. Reloads that come while one is not yet taken are one; stop goes before reload.
    Event wait();

private:
    void listen();

    sigset_t set_{};
    sigset_t before_{};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    bool reload_ = false;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace sonde::service
