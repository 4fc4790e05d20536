// What waits to be published to one region: bounded, retried with a growing pause, one at a time while the region is in trouble.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "controlplane/scheduler/account.h"
#include "controlplane/scheduler/plan.h"

namespace sonde::scheduler {

// Jobs of one tick, region and class of time-out.
struct Batch {
    Tick tick = 0;
    RegionIndex region = 0;
    std::vector<JobRef> jobs;
};

struct QueueLimits {
    std::size_t jobs = 100'000;              // waiting; beyond, the oldest are shed
    int in_flight = 32;                      // batches without an answer
    milliseconds pause_min{100};             // after a failure; doubled by each further one
    milliseconds pause_max{2'000};
};

// Pure; not thread-safe. Regions have a queue each, so that none waits for another.
class RegionQueue {
public:
    explicit RegionQueue(const QueueLimits& limits) : limits_(&limits) {}

    // Returns the batches that had to give way, oldest first.
    [[nodiscard]] std::vector<Batch> push(Batch batch);
    // The next one to publish, which then counts as in flight; nothing while the window is full or a pause lasts.
    [[nodiscard]] std::optional<Batch> pop(TimePoint now);
    // A popped batch was not published after all, since none of its jobs is wanted any more.
    void withdrawn() { --in_flight_; }
    void accepted();
    // Puts it back, to be published again after the pause: at the front, or behind the others if the server `refused` it, which may be
    // about this one alone.
    void failed(Batch batch, bool refused, TimePoint now);
    // Removes everything that waits; what is in flight stays so.
    [[nodiscard]] std::vector<Batch> clear();
    // Removes the waiting jobs for which `keep(batch, job)` is false.
    template <class Keep>
    void filter(Keep keep) {
        jobs_ = 0;
        std::erase_if(waiting_, [&](Batch& batch) {
            std::erase_if(batch.jobs, [&](const JobRef& job) { return !keep(batch, job); });
            jobs_ += batch.jobs.size();
            return batch.jobs.empty();
        });
    }

    [[nodiscard]] std::size_t waiting_jobs() const { return jobs_; }
    [[nodiscard]] int in_flight() const { return in_flight_; }
    [[nodiscard]] bool in_trouble() const { return pause_.count() > 0; }

private:
    const QueueLimits* limits_;
    std::deque<Batch> waiting_;
    std::size_t jobs_ = 0;
    int in_flight_ = 0;
    milliseconds pause_{0};
    TimePoint resume_at_;
};

}  // namespace sonde::scheduler
