// Pings an address elsewhere for as long as a page would get through, so that somebody else can tell when Sonde is dead: what falls silent
// cannot say so itself. On a thread of its own, and by questions of its own: the worker may hang.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "lib/base/secret.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"
#include "notifier/send/courier.h"

namespace sonde::notifier {

struct DeadmanOptions {
    Secret url;  // http or https; whoever knows it can speak for us
    milliseconds every{60'000};
};

class Deadman {
public:
    Deadman(DeadmanOptions options, db::Pool& pool, Courier& courier, metrics::Registry& metrics);
    ~Deadman();
    Deadman(const Deadman&) = delete;
    Deadman& operator=(const Deadman&) = delete;

private:
    struct Account;  // shared with answers that come after the end
    void run();
    void ping();
    [[nodiscard]] std::string trouble() const;

    const DeadmanOptions options_;
    db::Pool& pool_;
    Courier& courier_;
    std::shared_ptr<Account> account_;
    std::mutex mutex_;  // of what follows
    std::condition_variable wakes_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sonde::notifier
