// The thread on which the library below serves connections. It is ours: the library's own waits for ever when exactly as many descriptors are
// ready at once as it takes from the kernel in one call (128, as of 0.9.75), and its requests with it. Internal to lib/http.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

struct MHD_Connection;
struct MHD_Daemon;

namespace sonde::http {

class EventThread {
public:
    EventThread();  // throws std::runtime_error if there is no descriptor to be had
    ~EventThread();
    EventThread(const EventThread&) = delete;
    EventThread& operator=(const EventThread&) = delete;

    // `daemon`, of the sort MHD_USE_EPOLL, must live until `stop` has returned. Once.
    void start(MHD_Daemon* daemon);
    void stop();
    // MHD_resume_connection, and that the thread learns of it, which the library does not see to. Any thread, between `start` and `stop`.
    void resume(MHD_Connection* connection);
    // How often the library has looked at all that there was to do, and that it does so once more. Any thread.
    [[nodiscard]] std::uint64_t turns() const { return turns_; }
    void wake();

private:
    void run(MHD_Daemon* daemon);

    int wake_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> turns_{0};
    std::thread thread_;
};

}  // namespace sonde::http
