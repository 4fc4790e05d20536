// The side of the scheduler that talks to the database: leases, definitions and their changes, cursors.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "controlplane/scheduler/config.h"
#include "controlplane/scheduler/dispatcher.h"
#include "controlplane/scheduler/store.h"
#include "lib/db/lease.h"

namespace sonde::scheduler {

// The dispatcher, shared by the thread that paces it and the one that feeds it.
struct SharedDispatcher {
    SharedDispatcher(const DispatchLimits& limits, SchedulerMetrics& metrics, Dispatcher::Publish publish, TimePoint start)
        : dispatcher(limits, metrics, std::move(publish), start) {}
    std::mutex mutex;
    Dispatcher dispatcher;
};

// Not thread-safe but for `last_renewed` and `start_over`: one thread calls `round` again and again. Blocks on the database.
class Keeper {
public:
    // `on_regions` runs on the calling thread whenever regions came or went. All references must outlive it.
    Keeper(const SchedulerConfig& config, db::Pool& pool, const crypto::SecretBox& secrets, SharedDispatcher& shared,
           SchedulerMetrics& metrics, std::string owner, std::function<void()> on_regions);

    // Does what is due. Throws db::DbError: to be called again, after a pause. `changed` asks for the changes at once.
    void round(bool changed);
    // When the next round has something to do.
    [[nodiscard]] MonotonicPoint next_due() const;
    // Hands everything over: meets no more slots, waits for answers up to the drain time, writes the cursors, gives the leases up.
    // The dispatcher must still be paced meanwhile. Throws db::DbError.
    void hand_over();

    // When the leases were last renewed; the clock's epoch before the first time.
    [[nodiscard]] MonotonicPoint last_renewed() const { return MonotonicPoint{MonotonicPoint::duration{last_renewed_.load()}}; }
    // The clock was set back: all shares are to be loaded again. True if that was not known yet. Thread-safe.
    bool start_over() { return !start_over_.exchange(true); }

private:
    struct Held {
        db::Lease lease;
        bool closing = false;
        MonotonicPoint close_by;
    };

    void renew();
    void take_some();
    std::size_t take(int share, const db::Lease& lease);
    void lose(int share, const char* why);
    void forget(int share);
    void close_surplus(std::size_t allowed);
    void finish_closing();
    void follow_changes();
    void reload_sites();
    void reload_monitors();
    void move_cursors();
    void watch_clock(TimePoint before, TimePoint database, TimePoint after);
    [[nodiscard]] std::vector<int> shares() const;
    [[nodiscard]] std::vector<std::string> wanted_names() const;

    const SchedulerConfig& config_;
    db::Pool& pool_;
    const crypto::SecretBox& secrets_;
    SharedDispatcher& shared_;
    SchedulerMetrics& metrics_;
    std::string owner_;
    std::function<void()> on_regions_;
    db::Leases members_;
    db::Leases leases_;

    std::map<int, Held> held_;              // whose definitions are loaded
    std::map<int, db::Lease> to_take_;      // held, not loaded yet
    std::vector<CursorMove> unwritten_;     // collected, and not known to be written
    ChangeReader changes_;
    std::set<std::int64_t> stale_monitors_; // changed, not loaded yet
    std::set<std::int64_t> stale_sites_;
    bool stale_regions_ = true;

    MonotonicPoint next_renewal_;
    MonotonicPoint next_poll_;
    MonotonicPoint next_cursor_;
    MonotonicPoint last_poll_;
    bool clock_told_ = false;
    std::atomic<MonotonicPoint::rep> last_renewed_{0};
    std::atomic<bool> start_over_{false};
};

}  // namespace sonde::scheduler
