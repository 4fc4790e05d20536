// What this engine decides on: which shards are its own, and their definitions and states in memory.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "incident-engine/batch.h"
#include "incident-engine/metrics.h"
#include "incident-engine/shards.h"
#include "incident-engine/timers.h"

namespace sonde::engine {

// Of the worker's thread alone. Everything here throws db::DbError if the database cannot be asked, and may then be called again.
class Jurisdiction {
public:
    struct Options {
        std::string owner;
        milliseconds lease{4000};
        milliseconds poll{1000};
        milliseconds hold{0};     // Regions::hold
        std::size_t readers = 1;  // of shards at a time: each holds a connection, and a shard's rows in memory
    };
    Jurisdiction(Options options, db::Pool& pool, Intake& intake, Metrics& metrics);

    // Renews the leases when that is due, takes over what is gained and drops what is lost, and reads what changed if `changed` or
    // it is time to look. What must be decided on because of that is added to `batch`; messages of lost shards leave it.
    void keep(Batch& batch, bus::Bus& bus, bool changed);

    // Reads the definitions of monitors in `batch` that are not held, or in an earlier revision than a result is of: what is new or edited may be
    // announced after the first result.
    void look_up_strangers(Batch& batch);

    // When a maintenance window begins or ends next.
    [[nodiscard]] std::optional<TimePoint> next_edge() const { return holdings_.relations.open.next_edge(); }

    // What is in memory may not be what the database has: the next `keep` reads everything anew.
    void distrust() { distrusted_ = true; }
    // A transaction was fenced off: the next `keep` finds out what is still ours.
    void fenced();

    void release() { shards_.release(); }

    [[nodiscard]] const Shards& shards() const { return shards_; }
    [[nodiscard]] std::vector<int> shard_numbers() const { return {shards_.owned().begin(), shards_.owned().end()}; }
    [[nodiscard]] TimePoint listening_since(int shard) const { return listening_since_[static_cast<std::size_t>(shard)]; }
    Holdings& holdings() { return holdings_; }
    Timers& timers() { return timers_; }
    // Has the timers look at the monitor when its next tick is due.
    void arm(MonitorId monitor, TimePoint now);

private:
    void renew(Batch& batch, bus::Bus& bus);
    std::vector<std::vector<Watched>> read(const std::vector<int>& shards, TimePoint now);
    void load(const std::vector<int>& shards, Batch& batch);
    void follow_changes(Batch& batch);
    void note_relations(const catalog::Changes::Seen& seen);
    void keep_relations(Batch& batch);
    void load_relations(Batch& batch);
    void drop(int shard, Batch& batch, bus::Bus& bus);
    void forget_of(int shard, Batch& batch) const;

    const Options options_;
    db::Pool& pool_;
    Intake& intake_;
    Metrics& metrics_;
    Shards shards_;
    Holdings holdings_;
    Timers timers_;
    catalog::Changes changes_;
    std::array<TimePoint, kShards> listening_since_{};
    std::vector<int> to_load_;  // ours, and not in memory yet
    bool just_loaded_ = false;
    bool distrusted_ = false;
    bool following_ = false;    // `changes_` has begun
    MonotonicPoint next_renewal_{};
    MonotonicPoint next_look_{};
    MonotonicPoint last_look_{};
    bool windows_changed_ = false;
    bool relations_changed_ = false;
    bool remote_changed_ = false;
    bool radius_changed_ = false;
    bool look_ = false;
    MonotonicPoint next_refresh_{};  // of remote states that somebody waits for
    MonotonicPoint next_radius_{};
};

}  // namespace sonde::engine
