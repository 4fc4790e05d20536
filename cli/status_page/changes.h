// Whether a status page has changed, as its readers hear of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/api_client.h"
#include "lib/base/duration.h"

namespace sonde::cli {

// Listens to the page's events on a thread of its own, for as long as it lives, and again whenever the connection ends.
class Changes {
public:
    // `path` is that of the page's events in the API. The token is read anew for each connection.
    Changes(ApiOption api, std::string path);
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

    const ApiOption api_;
    const std::string path_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable wakes_;
    bool changed_ = false;
    std::thread thread_;
};

}  // namespace sonde::cli
