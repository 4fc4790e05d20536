// Runs checks: who is next is the queue's decision, and none runs before or after its time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/message/job.h"
#include "lib/message/result.h"
#include "probe-agent/work/clock.h"
#include "probe-agent/config.h"
#include "probe-agent/metrics.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/work/fair_queue.h"
#include "probe-agent/work/judge_thread.h"
#include "probe-agent/work/receipts.h"
#include "probe-agent/work/target_cache.h"

namespace sonde::agent {

// Every job that was added ends exactly once in the sink, unless the runner is destroyed before. Loop thread only.
class Runner {
public:
    // Where results go.
    class Sink {
    public:
        virtual void result(ReceiptId receipt, message::ProbeResult result) = 0;
        // Not run, and nothing to report: it had expired before it reached us.
        virtual void expired(ReceiptId receipt) = 0;
        // What came of a run, as `write_evidence` tells it.
        virtual void ran(ReceiptId receipt, RunId run, TimePoint started_at, std::string document) = 0;

    protected:
        ~Sink() = default;
    };

    Runner(uv::Loop& loop, Probe& probe, const Clock& clock, TargetCache& targets, Limits limits, Sink& sink, Metrics& metrics);
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    void add(message::Job job, ReceiptId receipt, Lane lane);
    // Called after places became free.
    void on_room(std::function<void()> callback) { on_room_ = std::move(callback); }
    // Jobs that are not due within a moment are forgotten; their receipts stay open.
    void forget_later();

    [[nodiscard]] int in_flight() const { return static_cast<int>(running_.size()); }
    [[nodiscard]] int queued() const { return queue_.waiting(); }  // due, and waiting for a place
    [[nodiscard]] int held() const { return queue_.held(); }       // of these, because their kind, site or host has enough
    [[nodiscard]] int delayed() const { return static_cast<int>(delayed_.size()); }
    [[nodiscard]] std::int64_t executed() const { return executed_; }
    [[nodiscard]] const Limits& limits() const { return limits_; }

private:
    struct Task {
        message::Job job;
        ReceiptId receipt = 0;
        Lane lane = Lane::scheduled;
        TimePoint due;  // when it could have started: the later of its time and its arrival
        std::shared_ptr<const Target> target;
    };
    using Queue = FairQueue<Task>;
    struct Running {
        Queue::Place place;
        TimePoint started_at;
        std::unique_ptr<Attempt> attempt;
    };

    void enqueue(Task task);
    void pump();
    void start(Queue::Place place, TimePoint now);
    void end_turn();
    void finished(std::uint64_t id, check::Observation observation);
    void judged(std::uint64_t id, const check::Observation& observation, const check::Judgement& judgement);
    void report(const Task& task, TimePoint started_at, const check::Observation& observation, const check::Judgement& judgement);
    void report_unrun(const Task& task, check::FailureClass cause, std::string message);
    bool is_evidence(const Task& task, check::Verdict verdict);
    void report_expired(const Task& task, TimePoint now);
    void wake_delayed();
    void sweep();

    uv::Loop& loop_;
    Probe& probe_;
    const Clock& clock_;
    TargetCache& targets_;
    Limits limits_;
    Sink& sink_;
    Metrics& metrics_;
    std::function<void()> on_room_;
    Queue queue_;
    Queue::HeldBack held_back_{};             // as last told to the metrics
    std::multimap<TimePoint, Task> delayed_;  // by when it is to start
    std::unordered_map<std::uint64_t, Running> running_;
    std::uint64_t last_id_ = 0;
    int starts_left_;         // in this turn of the loop
    bool turn_ends_ = false;  // `next_turn_` is set
    MonotonicPoint turn_began_{};
    std::int64_t executed_ = 0;
    uv::Timer next_turn_;
    uv::Timer wake_;
    uv::Timer sweep_;
    JudgeThread judge_thread_;
};

}  // namespace sonde::agent
