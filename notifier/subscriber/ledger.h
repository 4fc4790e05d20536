// Who is told of what is new on status pages, and what became of it, in PostgreSQL. As the ledger of channels (notifier/ledger/ledger.h) in small: rows are taken with `for update skip locked`, an
// attempt is on record before it is made, a lease says who makes it, and what a lost lease reports changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/status_page_id.h"
#include "lib/db/db.h"
#include "notifier/core/retry.h"
#include "notifier/subscriber/compose.h"
#include "notifier/subscriber/telling.h"

namespace sonde::notifier::subscriber {

inline constexpr int kMostRefusals = 3;  // in a row, for good: then nothing more is sent, and he is erased

struct PlanReport {
    int notices = 0;
    int planned = 0;
};

struct Waiting {
    bool notices = false;
    bool mails = false;
    bool webhooks = false;
};

struct LeaseReport {
    std::vector<Telling> leased;
    int superseded = 0;
    int dead = 0;  // waited for as long as anything may
    StatusPageId last;  // whose turn it was last, if news was leased
    [[nodiscard]] bool empty() const { return leased.empty() && superseded == 0 && dead == 0; }
};

struct Room {
    Lane lane = Lane::email;
    int free = 0;
    std::vector<std::int64_t> in_flight;  // deliveries, of any lane
    std::vector<std::int64_t> resting;    // channels whose mail server is left alone
    StatusPageId after{};                 // of news: whose turn it was last
};

struct Told {
    SubscriberDeliveryId delivery;
    int attempt = 0;
    SubscriberId subscriber;
    bool question = false;
    Verdict verdict;
    double random = 0;  // for the back-off
};

struct Recorded {
    bool stale = false;  // the lease was lost
    DeliveryState state = DeliveryState::planned;
    bool ended = false;  // he was erased, for he refused again and again
};

struct Backlog {
    std::int64_t unsent = 0;
    milliseconds oldest_due{0};
    std::int64_t subscribers = 0;  // who confirmed
};

// Not thread-safe: one worker's. Every call is one transaction and throws DbError.
class Ledger {
public:
    Ledger(db::Pool& pool, std::string owner, milliseconds lease, RetryPolicy retry);

    // Of the oldest notice that is not planned yet, if there is one: who confirmed before it happened and chose one of its components.
    PlanReport plan();
    // Whether there is something to plan, and something due.
    Waiting waiting();

    // Takes what is due, questions first, then news of one page after the other; of one incident one message at a time, in order.
    // What is old by now is dropped on the way: an opening whose end is known, a plan that has begun.
    LeaseReport lease(const Room& room);

    void extend(const std::vector<std::int64_t>& deliveries);
    // Repeating it does no harm.
    Recorded record(const Told& told);
    // Gives up all leases of this process but those of `except`.
    void abandon(const std::vector<std::int64_t>& except);

    // Erases who did not confirm within two days, and what was told long ago.
    void tidy();
    Backlog backlog();

private:
    enum class Of : unsigned char { questions, news };
    void take(db::Tx& tx, Of of, const Room& room, LeaseReport& report);

    db::Pool& pool_;
    std::string owner_;
    milliseconds lease_;
    RetryPolicy retry_;
};

}  // namespace sonde::notifier::subscriber
