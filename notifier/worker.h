// The notifier's work, on a thread of its own: plan what the outbox says, lease what is due, hand it to the courier, record what
// came of it. Whatever the database does meanwhile, an outcome is kept until it is on record, and is not sent again by this
// process.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lib/crypto/crypto.h"
#include "notifier/channel/compose.h"
#include "notifier/ledger/ledger.h"
#include "notifier/metrics.h"
#include "notifier/send/courier.h"

namespace sonde::notifier {

struct WorkerOptions {
    std::string owner;        // unique to this process
    int max_in_flight = 256;  // attempts under way or not on record yet
    int max_per_channel = 8;
    milliseconds lease{30'000};
    milliseconds poll{1'000};    // how long a lost notification can delay anything
    milliseconds drain{10'000};  // how long `stop` waits for answers
    RetryPolicy retry;
    Links links;
};

class Worker {
public:
    Worker(db::Pool& pool, Courier& courier, crypto::SecretBox box, WorkerOptions options, Metrics& metrics);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // Begins nothing new, waits for the answers under way, records them, gives up the leases of the rest. The courier must
    // outlive this call; what it still calls back afterwards is ignored.
    void stop();
    // Any thread: there may be something to do.
    void wake();

    // For readiness, any thread: empty when well, else what is wrong.
    [[nodiscard]] std::string database_trouble() const;
    [[nodiscard]] std::string backlog_trouble() const;

private:
    struct InFlight {
        ChannelId channel;
        TimePoint event_at;
        std::string event_kind;
        EventId event;
    };
    // Where the courier's thread leaves outcomes; outlives the worker, since callbacks may.
    struct Mailbox {
        std::mutex mutex;
        std::condition_variable wake;
        std::vector<Finished> finished;
        bool woken = false;
        bool stopping = false;
    };

    struct Sending;

    void run();
    bool round();  // true if there may be more to do at once; throws DbError
    bool record_finished();
    bool record_together();
    void record_last();
    bool plan_events();
    bool bring_due();
    bool lease_due();
    void prolong_leases();
    void look_at_backlog();
    void drain();
    void dispatch(const Leased& leased);
    void settle(const Finished& finished, const Recorded& recorded);
    void note_channel(ChannelId channel, const Finished& finished);
    [[nodiscard]] milliseconds pause_when_idle();
    void database_failed(const db::DbError& error);
    void database_works();
    [[nodiscard]] std::vector<std::int64_t> ids_in_flight() const;

    Courier& courier_;
    crypto::SecretBox box_;
    WorkerOptions options_;
    Metrics& metrics_;
    Ledger ledger_;
    std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    std::thread thread_;

    // The worker's thread only.
    std::map<std::int64_t, InFlight> in_flight_;  // by delivery: from the lease until the outcome is on record
    std::vector<Finished> unrecorded_;
    MonotonicPoint room_again_ = MonotonicPoint::max();  // when a channel may be sent more
    std::set<ChannelId> failing_;  // channels whose last attempt failed; edges are logged
    std::mt19937_64 random_{std::random_device{}()};
    MonotonicPoint prolonged_{};
    MonotonicPoint looked_{};
    MonotonicPoint due_looked_{};
    std::multiset<MonotonicPoint> due_again_;  // when what failed here comes due: sooner than looking every poll would find it
    bool lease_in_doubt_ = false;              // a lease may have been committed without our knowing
    int failures_ = 0;                         // rounds that the database ended, in a row

    mutable std::mutex state_mutex_;
    std::string database_trouble_ = "not asked yet";
    Backlog backlog_;
};

}  // namespace sonde::notifier
