// Deliveries and their attempts in PostgreSQL: who is told of what, what was tried, what became of it.
//
// Several notifiers may work on the same tables: rows are taken with `for update skip locked`, a lease says who is sending, and
// what a lost lease reports is kept as an attempt and changes nothing else. All times are the database's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"
#include "lib/db/queue_cursor.h"
#include "notifier/core/delivery.h"
#include "notifier/core/retry.h"

namespace sonde::notifier {

// A delivery this process has the lease of. Its attempt is on record; it must be sent now.
struct Leased {
    DeliveryId delivery;
    int attempt = 0;  // from 1
    ChannelId channel;
    std::string channel_kind;
    std::string channel_config;   // JSON
    std::string channel_secrets;  // sealed
    std::string channel_templates{};  // JSON
    EventId event;
    std::string event_kind;
    TimePoint event_at;
    std::string document;
    std::string remembered;  // JSON, of earlier answers of the thread on this channel; empty if there is nothing
    std::string place;       // what `remembered` is true of: the channel as it is set up now
    std::vector<std::string> reached;  // of several addresses those that earlier attempts have told
};

// What became of an attempt.
struct Finished {
    DeliveryId delivery;
    int attempt = 0;
    Outcome outcome = Outcome::unreachable;
    int status = 0;     // 0: none
    std::string error;  // both fit to be stored (core/clean_text.h)
    std::string response;
    std::optional<milliseconds> retry_after;
    double random = 0;  // for the back-off
    std::string remembered;  // JSON, to be kept for the thread if the attempt was accepted; empty for nothing
    std::string place;       // of the lease
    std::vector<std::string> reached;  // addresses that were told by this attempt, whatever its outcome
    MonotonicPoint at;
};

struct PlanReport {
    int events = 0;  // as many as were asked for: there may be more
    int planned = 0;
    int grouped = 0;  // put into digests
    int not_sent = 0;
    int superseded = 0;
};

// What was due and is asked for.
struct DueReport {
    int steps = 0;
    int reminders = 0;
};

struct LeaseReport {
    std::vector<Leased> leased;
    int superseded = 0;
    int withdrawn = 0;  // not sent: the channel was disabled or deleted since, or never heard of what this is the end of
    int held = 0;       // until quiet hours are over
    int dead = 0;       // given up while the channel was not tried
    std::optional<milliseconds> wait;  // when a channel may be sent more
    [[nodiscard]] bool empty() const { return leased.empty() && superseded == 0 && withdrawn == 0 && held == 0 && dead == 0; }
};

struct Recorded {
    // `stale`: the lease was lost, or this was on record already; the delivery's state was left alone.
    bool stale = false;
    DeliveryState state = DeliveryState::planned;
    Reason reason = Reason::none;
    milliseconds again_in{0};  // meaningless unless planned
    std::optional<bool> opened{};  // the channel is left alone from now on (true), or tried again (false)
};

struct Backlog {
    milliseconds oldest_unplanned{0};  // since the event happened
    milliseconds oldest_due{0};        // how long a delivery that could be attempted has waited for it
    milliseconds oldest_unsent{0};     // since planning, whatever it waits for but quiet hours
    std::int64_t unsent = 0;
    std::int64_t held = 0;           // of those, by quiet hours
    std::int64_t channels_open = 0;  // that are not tried but for probes
};

// What this process has under way, by channel: the ledger leases none of these, and no more than the channel has room for.
struct Room {
    int free = 0;  // in all
    int per_channel = 0;
    std::vector<std::int64_t> in_flight;      // deliveries
    std::unordered_map<ChannelId, int> busy;  // of those, by channel
};

// Not thread-safe: one worker's. Every call is one transaction and throws DbError; after Failure::unavailable it may or may not
// have happened.
class Ledger {
public:
    // `owner` names this process for people and must be unique to it.
    Ledger(db::Pool& pool, std::string owner, milliseconds lease, RetryPolicy retry);

    // Plans the deliveries of up to `at_most` events, has the courses of incidents follow them, and drops the waiting ones that these make old. Does nothing
    // while another notifier plans.
    PlanReport plan(int at_most);

    // Asks the engine for what time brings to incidents, at most so much at once (notifier/ledger/due.h).
    DueReport bring_due(int at_most);

    // Takes what is due: at most one delivery of a thread and channel, and none that an earlier one must precede. Those that
    // newer events made old are dropped on the way. If the call fails after it asked for the commit, `abandon` must follow.
    LeaseReport lease(const Room& room);

    // Prolongs the leases of these.
    void extend(const std::vector<std::int64_t>& deliveries);

    // Records the ends of attempts, each of another delivery, and what follows, of all of them or of none. Repeating it does no harm.
    std::vector<Recorded> record(std::span<const Finished> finished);

    // Gives up all leases of this process but those of `except`, so that anybody may attempt those deliveries now. `why` is put
    // on record as the unfinished attempts' error.
    void abandon(const std::vector<std::int64_t>& except, std::string_view why);

    Backlog backlog();

private:
    struct Due;
    void sort_out(db::Tx& tx, const db::Rows& due, LeaseReport& report, Due& sorted);

    db::Pool& pool_;
    std::string owner_;
    milliseconds lease_;
    RetryPolicy retry_;
    db::QueueCursor unplanned_;
};

}  // namespace sonde::notifier
