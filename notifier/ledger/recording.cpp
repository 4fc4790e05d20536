#include "notifier/ledger/recording.h"

#include <fmt/format.h>

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "notifier/ledger/dead_letters.h"
#include "notifier/ledger/gates.h"
#include "notifier/ledger/statements.h"
#include "notifier/ledger/superseded.h"

namespace sonde::notifier {
namespace {

// A delivery whose row is locked.
struct Held {
    bool sending = false;  // with a lease of ours
    int attempt = 0;       // its last
    TimePoint waits_since;
    TimePoint now;
    ChannelId channel;
    bool channel_failing = false;
    TimePoint began;
};

std::unordered_map<DeliveryId, Held> hold(db::Tx& tx, const std::string& owner, std::span<const Finished> finished) {
    std::vector<std::int64_t> ids;
    for (const auto& one : finished) ids.push_back(one.delivery.value());
    std::unordered_map<DeliveryId, Held> all;
    for (const auto row : tx.run(statement::hold, {ids, owner})) {
        all[row.id<DeliveryId>(0)] = {.sending = row.text(1) == name_of(DeliveryState::sending) && row.boolean(3), .attempt = row.small(2), .waits_since = row.time(4),
                                      .now = row.time(5), .channel = row.id<ChannelId>(6), .channel_failing = row.boolean(7), .began = row.time(8)};
    }
    return all;
}

// Puts the ends on record, of lost leases too; returns the deliveries whose attempt had none yet.
std::unordered_set<DeliveryId> end_attempts(db::Tx& tx, std::span<const Finished> finished) {
    std::vector<std::int64_t> ids, ago;
    std::vector<int> numbers, statuses;
    std::vector<std::optional<std::string>> errors, responses;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& one : finished) {
        ids.push_back(one.delivery.value());
        numbers.push_back(one.attempt);
        ago.push_back(std::chrono::duration_cast<milliseconds>(now - one.at).count());
        statuses.push_back(one.status);
        errors.push_back(one.error.empty() ? std::nullopt : std::optional(one.error));
        responses.push_back(one.status == 0 ? std::nullopt : std::optional(one.response));
    }
    std::unordered_set<DeliveryId> ended;
    for (const auto row : tx.run(statement::end_attempts, {ids, numbers, ago, statuses, errors, responses})) ended.insert(row.id<DeliveryId>(0));
    return ended;
}

// In a few words; nothing of an attempt that was accepted.
std::string what_went_wrong(const Finished& finished) {
    if (finished.outcome == Outcome::accepted || !finished.error.empty() || finished.status == 0) return finished.error;
    return fmt::format("HTTP {}{}{}", finished.status, finished.response.empty() ? "" : ": ", finished.response);
}

// The arrays of statement::settle.
struct Settling {
    std::vector<std::int64_t> deliveries;
    std::vector<std::string> states, reasons;
    std::vector<TimePoint> next;

    void add(DeliveryId delivery, const Recorded& recorded, TimePoint at) {
        deliveries.push_back(delivery.value());
        states.emplace_back(name_of(recorded.state));
        reasons.emplace_back(name_of(recorded.reason));
        next.push_back(at);
    }
    void run(db::Tx& tx) const {
        if (!deliveries.empty()) tx.run(statement::settle, {deliveries, states, reasons, next});
    }
};

}  // namespace

std::vector<Recorded> record_ends(db::Tx& tx, const std::string& owner, const RetryPolicy& retry, std::span<const Finished> finished) {
    const auto held = hold(tx, owner, finished);
    const auto ended = end_attempts(tx, finished);

    std::vector<Recorded> all(finished.size());
    std::vector<Next> next(finished.size());
    std::vector<std::int64_t> again;
    for (std::size_t i = 0; i < finished.size(); ++i) {
        const auto& one = finished[i];
        const auto found = held.find(one.delivery);
        if (found == held.end() || !found->second.sending || found->second.attempt != one.attempt || !ended.contains(one.delivery)) {
            all[i].stale = true;
            continue;
        }
        const auto& delivery = found->second;
        next[i] = next_attempt(one.attempt, one.outcome, delivery.waits_since, delivery.now, one.retry_after, one.random, retry);
        all[i].state = next[i].state;
        all[i].reason = next[i].reason;
        all[i].again_in = next[i].at - delivery.now;
        if (next[i].state == DeliveryState::planned) again.push_back(one.delivery.value());
    }

    // While they were under way nobody else could drop them, and a newer one of a thread need not wait for the back-off.
    std::unordered_map<DeliveryId, Reason> old;
    for (const auto& one : superseded(tx, again)) old.emplace(one.delivery, one.reason);

    Settling settling;
    std::vector<std::int64_t> dead;
    for (std::size_t i = 0; i < finished.size(); ++i) {
        const auto& one = finished[i];
        auto& recorded = all[i];
        if (recorded.stale) continue;
        if (const auto found = old.find(one.delivery); found != old.end()) {
            recorded.state = DeliveryState::superseded;
            recorded.reason = found->second;
        }
        settling.add(one.delivery, recorded, next[i].at);
        if (recorded.state == DeliveryState::dead) dead.push_back(one.delivery.value());
        if (recorded.state == DeliveryState::sent && !one.remembered.empty()) tx.run(statement::remember, {one.delivery, one.remembered, one.place});
        if (!one.reached.empty()) tx.run(statement::reached, {one.delivery, one.reached});
    }
    settling.run(tx);
    tell_dead(tx, dead);

    // One after the other: what one of them does to its channel decides on the next.
    std::set<ChannelId> failing;
    for (std::size_t i = 0; i < finished.size(); ++i) {
        if (all[i].stale) continue;
        const auto& one = finished[i];
        const auto& delivery = held.at(one.delivery);
        if (one.outcome != Outcome::accepted) failing.insert(delivery.channel);
        all[i].opened = record_health(tx, delivery.channel, delivery.channel_failing || failing.contains(delivery.channel), one.outcome, one.retry_after, what_went_wrong(one),
                                      delivery.began, delivery.now);
    }
    return all;
}

}  // namespace sonde::notifier
