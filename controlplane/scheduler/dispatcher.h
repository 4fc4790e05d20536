// The core of the scheduler: meets the slots of the owned shares as time comes, publishes them region by region, keeps the account.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controlplane/scheduler/account.h"
#include "controlplane/scheduler/metrics.h"
#include "controlplane/scheduler/region_queue.h"
#include "controlplane/scheduler/roster.h"
#include "controlplane/scheduler/timing_wheel.h"
#include "lib/bus/bus.h"

namespace sonde::scheduler {

struct DispatchLimits {
    BatchLimits batch;
    QueueLimits queue;
    milliseconds publish_timeout{2'000};           // for the stream's answer
    milliseconds ahead{0};                         // how long before it a slot is published, at most
    milliseconds account_back{std::chrono::hours{24}};  // after a longer stop, earlier slots are not even counted
};

using BatchId = std::uint64_t;

// One cursor's way in the database: only from `from`, with what the slots in between add to the ledger.
struct CursorMove {
    int share = 0;
    TimePoint from;
    TimePoint to;
    Counts counts;
};

// No clock, no threads, no I/O but `publish`; time never comes but as an argument. Not thread-safe.
class Dispatcher {
public:
    // Sends one message to the jobs stream of `region`; its outcome comes by `answered`, later, never from within the call.
    using Publish = std::function<void(BatchId id, const std::string& region, std::string text, milliseconds deadline)>;

    // `start` is now, or earlier.
    Dispatcher(const DispatchLimits& limits, SchedulerMetrics& metrics, Publish publish, TimePoint start);

    // Jobs that wait for a region which is no more are skipped.
    void set_regions(const std::vector<std::string>& names);

    // Begins to schedule a share from `start` on, where its cursor stands at `cursor` in the database (equal, unless that was
    // nonsense). Slots that are worthless already are counted as skipped, the others are published with the next tick.
    void take_share(int share, TimePoint cursor, TimePoint start, std::vector<Definition> definitions, TimePoint now);
    [[nodiscard]] bool owns(int share) const { return slot_of(share).has_value(); }
    // Meets no more slots of the share; what waits is still published.
    void close_share(int share);
    // True if all slots that the share met are settled.
    [[nodiscard]] bool is_settled(int share) const;
    // Forgets the share: its jobs that wait are not published, its cursor will not move.
    void drop_share(int share);

    // A monitor of an owned share that is new, resumed or edited; others are ignored. A new one begins with its next slot, an edited one
    // goes on without a gap. The same revision again changes nothing.
    void put(Definition definition, TimePoint now);
    // Acts at once; does nothing if unknown.
    void remove(MonitorId monitor);

    // Meets all slots up to `now` and so far ahead as the limits say, publishes what may be. Agents wait for a slot that is to come.
    void tick(TimePoint now);
    // The outcome of a published message, that came at `at`.
    void answered(BatchId id, bus::PublishOutcome outcome, TimePoint at);

    // The moves that have become possible since the last call; each must be written in this order, or its share dropped.
    [[nodiscard]] std::vector<CursorMove> collect_moves();

    [[nodiscard]] const Roster& roster() const { return roster_; }
    [[nodiscard]] std::size_t shares_owned() const;
    // Up to where every owned share met its slots; nothing without shares.
    [[nodiscard]] std::optional<TimePoint> reached() const;

private:
    struct Share {
        ShareAccount account;
        TimePoint written;  // where the last collected move ends
        bool closing = false;
    };
    struct Region {
        Region(const QueueLimits& limits, metrics::Registry& registry, const std::string& name)
            : queue(limits), metrics(registry, name), writer(name) {}
        RegionQueue queue;
        RegionMetrics metrics;
        message::JobBatchWriter writer;
    };

    [[nodiscard]] const std::optional<Share>& slot_of(int share) const { return shares_.at(static_cast<std::size_t>(share)); }
    std::optional<Share>& slot_of(int share) { return shares_.at(static_cast<std::size_t>(share)); }
    void schedule(Place place, TimePoint after, TimePoint now);
    void skip_until(Monitor& monitor, Slot first, TimePoint dead, Tick tick);
    void meet(Place place, TimePoint horizon, TimePoint now);
    void publish_due(TimePoint now);
    void drop_worthless(TimePoint now);
    void pump(Region& region, TimePoint now);
    bool build(Region& region, Batch& batch, TimePoint now, TimePoint& until);
    [[nodiscard]] std::optional<Skip> reason_to_skip(const JobRef& job, TimePoint now) const;
    void give_up(Tick tick, RegionIndex region, const JobRef& job, Skip why);
    void show(TimePoint now);

    DispatchLimits limits_;
    SchedulerMetrics& metrics_;
    Publish publish_;
    Roster roster_;
    TimingWheel wheel_;
    std::array<std::optional<Share>, kSchedulerShares> shares_;
    std::vector<std::unique_ptr<Region>> regions_;  // by RegionIndex
    std::unordered_map<BatchId, Batch> in_flight_;
    Tick tick_ = 0;
    BatchId last_batch_ = 0;
    TimePoint last_sweep_;
    std::vector<TimingWheel::Handle> due_;  // kept for its capacity, like `jobs_`
    std::vector<DueJob> jobs_;
};

}  // namespace sonde::scheduler
