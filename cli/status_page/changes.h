// Whether a status page has changed, as its readers hear of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "lib/base/duration.h"

namespace sonde::cli {

// Listens to the page's events on a thread of its own, for as long as it lives, and again whenever the connection ends. A page that does not let everybody see it tells nothing.
class Changes {
public:
    // `url` is that of the page's events.
    Changes(std::string url, std::string ca_file);
    ~Changes();
    Changes(const Changes&) = delete;
    Changes& operator=(const Changes&) = delete;

    // Until the page may have changed since the last call, but for `at_least`, and no longer than `at_most`. What may have been missed while there was no connection counts as a change.
    void wait(milliseconds at_least, milliseconds at_most);

private:
    struct Listening;
    void run();
    void listen();
    void note();

    const std::string url_;
    const std::string ca_file_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable wakes_;
    bool changed_ = false;
    std::thread thread_;
};

}  // namespace sonde::cli
