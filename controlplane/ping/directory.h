// Which token is whose: a copy of the monitors' tokens in memory, so that pings are accepted while the database is away.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "controlplane/scheduler/store.h"
#include "lib/db/db.h"

namespace sonde::ping {

struct Target {
    MonitorId monitor;
    SiteId site;
    int revision = 0;
};

// A ping's target and the instant that is its identity: no two of one monitor are the same.
struct Stamped {
    Target target;
    TimePoint at;
};

// Thread-safe.
class Directory {
public:
    Directory(db::Pool& pool, Secret dsn) : pool_(pool), dsn_(std::move(dsn)) {}
    ~Directory() { stop(); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    // Reads everything and follows the changes on a thread from then on. Throws db::DbError.
    void start();
    void stop();

    // False until everything was read once: nobody knows yet whose a token is.
    [[nodiscard]] bool known() const { return known_; }

    // Nothing for a token that is nobody's. Never waits for the database.
    std::optional<Stamped> stamp(const std::string& token, TimePoint now);

private:
    struct Entry {
        Target target;
        TimePoint last;  // that was given out
    };
    void run();
    void look();
    void load_all();
    void load(const scheduler::Changes& changes);
    void put(const db::Row& row);

    db::Pool& pool_;
    const Secret dsn_;
    std::atomic<bool> known_{false};
    std::mutex entries_mutex_;
    std::unordered_map<std::string, Entry> entries_;
    std::unordered_map<MonitorId, std::string> tokens_;

    scheduler::ChangeReader changes_;  // the thread's
    MonotonicPoint last_look_{};
    std::mutex mutex_;
    std::condition_variable wakes_;
    bool changed_ = false;
    bool stopping_ = false;
    std::optional<db::Listener> listener_;
    std::thread thread_;
};

}  // namespace sonde::ping
