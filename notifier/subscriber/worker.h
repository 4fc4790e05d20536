// Tells subscribers of status pages, on a thread of its own beside the one for channels: however many there are, nobody on call waits for them.
#pragma once

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "lib/crypto/crypto.h"
#include "notifier/core/bucket.h"
#include "notifier/send/courier.h"
#include "notifier/subscriber/ledger.h"
#include "notifier/subscriber/metrics.h"

namespace sonde::notifier::subscriber {

struct WorkerOptions {
    std::string owner;       // unique to this process
    std::string base_url;    // where people find Sonde
    int max_mails = 16;      // under way, or not on record yet
    int max_webhooks = 32;   // likewise
    int mails_per_second = 20;  // begun in any second
    milliseconds lease{30'000};
    milliseconds poll{1'000};
    milliseconds drain{10'000};
    RetryPolicy retry;
};

class Worker {
public:
    // By `mail` messages go to the pages' mail servers, by `web` requests to addresses that strangers gave: its guard is the stricter one.
    Worker(db::Pool& pool, Courier& mail, Courier& web, crypto::SecretBox box, WorkerOptions options, Metrics& metrics);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // Begins nothing new, waits for the answers under way, records them, gives up the leases of the rest. The couriers must outlive this call; what they call back afterwards is ignored.
    void stop();
    // Any thread: there may be something to do.
    void wake();

private:
    struct InFlight {
        Lane lane = Lane::email;
        ChannelId channel;
    };
    // Where the couriers' threads leave outcomes; outlives the worker, since callbacks may.
    struct Mailbox {
        std::mutex mutex;
        std::condition_variable wake;
        std::vector<Told> told;
        bool woken = false;
        bool stopping = false;
    };
    // A mail server that fails is left alone for a while, twice as long each time, but for one round of attempts in between.
    struct Rest {
        int failures = 0;
        MonotonicPoint until{};
    };

    void run();
    bool round();  // true if there may be more to do at once; throws DbError
    bool record_told();
    Recorded record(const Told& told);
    bool plan();
    bool lease(Lane lane, int most);
    void dispatch(const Telling& telling);
    [[nodiscard]] int mails_now();
    [[nodiscard]] milliseconds pause() const;
    void settle(const Told& told, const Recorded& recorded);
    void note_server(ChannelId channel, const Verdict& verdict);
    void prolong_leases();
    void look_after();
    void drain();
    [[nodiscard]] std::vector<std::int64_t> ids_in_flight() const;
    [[nodiscard]] std::vector<std::int64_t> resting() const;
    static void leave(Mailbox& mailbox, Told told);

    Courier& mail_;
    Courier& web_;
    const crypto::SecretBox box_;
    const WorkerOptions options_;
    Metrics& metrics_;
    Ledger ledger_;
    const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    std::thread thread_;

    // The worker's thread only.
    std::map<std::int64_t, InFlight> in_flight_;  // by delivery: from the lease until the outcome is on record
    std::vector<Told> unrecorded_;
    std::map<ChannelId, Rest> rests_;
    std::array<StatusPageId, EnumNames<Lane>::names.size()> turns_{};  // whose turn it was last
    Bucket mails_;
    bool paced_ = false;  // there was a place for a mail that might not begin yet
    std::mt19937_64 random_{std::random_device{}()};
    MonotonicPoint prolonged_{};
    MonotonicPoint looked_{};
    MonotonicPoint tidied_{};
    bool lease_in_doubt_ = false;  // one may have been committed without our knowing
    bool failing_ = false;
};

}  // namespace sonde::notifier::subscriber
