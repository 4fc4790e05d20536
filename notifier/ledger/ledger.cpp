#include "notifier/ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "notifier/core/event.h"
#include "notifier/core/plan.h"
#include "notifier/core/supersede.h"
#include "notifier/ledger/statements.h"

namespace sonde::notifier {
namespace {

std::vector<Subscriber> read_subscribers(db::Tx& tx) {
    std::vector<Subscriber> subscribers;
    for (const auto row : tx.run(statement::subscribers)) {
        subscribers.push_back({row.id<ChannelId>(0), row.boolean(1), row.texts(2)});
    }
    return subscribers;
}

// The arrays of statement::close.
struct Closing {
    std::vector<std::int64_t> deliveries;
    std::vector<std::string> states;
    std::vector<std::string> reasons;

    void add(std::int64_t delivery, DeliveryState state, Reason reason) {
        deliveries.push_back(delivery);
        states.emplace_back(name_of(state));
        reasons.emplace_back(name_of(reason));
    }
    void run(db::Tx& tx) const {
        if (!deliveries.empty()) tx.run(statement::close, {deliveries, states, reasons});
    }
};

}  // namespace

Ledger::Ledger(db::Pool& pool, std::string owner, milliseconds lease, RetryPolicy retry)
    : pool_(pool), owner_(std::move(owner)), lease_(lease), retry_(retry) {}

std::vector<Ledger::Old> Ledger::superseded(db::Tx& tx, const std::vector<std::int64_t>& deliveries) {
    std::vector<Old> old;
    if (deliveries.empty()) return old;
    for (const auto row : tx.run(statement::later_kinds, {deliveries})) {
        std::vector<EventKind> later;
        for (const auto& kind : row.texts(2)) later.push_back(event_kind(kind));
        if (const auto reason = supersede(event_kind(row.text(1)), later)) old.push_back({row.id<DeliveryId>(0), *reason});
    }
    return old;
}

PlanReport Ledger::plan(int at_most) {
    return pool_.transact([&](db::Tx& tx) {
        PlanReport report;
        const auto events = tx.run(statement::take_events, {at_most});
        report.events = events.size();
        if (events.empty()) return report;

        const auto subscribers = read_subscribers(tx);
        std::vector<std::int64_t> event_ids, ids, of_events, channels;
        std::vector<std::string> states, reasons;
        for (const auto event : events) {
            event_ids.push_back(event.whole(0));
            for (const auto& planned : notifier::plan(event.text(1), subscribers)) {
                ids.push_back(new_id_value());
                of_events.push_back(event.whole(0));
                channels.push_back(planned.channel.value());
                states.emplace_back(name_of(planned.state));
                reasons.emplace_back(name_of(planned.reason));
                ++(planned.state == DeliveryState::planned ? report.planned : report.not_sent);
            }
        }
        if (!ids.empty()) tx.run(statement::insert_deliveries, {ids, of_events, channels, states, reasons});
        tx.run(statement::set_planned, {event_ids});

        std::vector<std::int64_t> waiting;
        for (const auto row : tx.run(statement::waiting, {event_ids})) waiting.push_back(row.whole(0));
        for (const auto row : tx.run(statement::waiting_without_incident, {event_ids})) waiting.push_back(row.whole(0));
        Closing closing;
        for (const auto& old : superseded(tx, waiting)) closing.add(old.delivery.value(), DeliveryState::superseded, old.reason);
        closing.run(tx);
        report.superseded = static_cast<int>(closing.deliveries.size());
        return report;
    });
}

LeaseReport Ledger::lease(const Room& room) {
    std::vector<std::int64_t> busy_channels;
    std::vector<int> busy_counts;
    for (const auto& [channel, deliveries] : room.busy) {
        busy_channels.push_back(channel.value());
        busy_counts.push_back(deliveries);
    }
    return pool_.transact([&](db::Tx& tx) {
        LeaseReport report;
        const auto due = tx.run(statement::due, {busy_channels, busy_counts, room.in_flight, room.per_channel, room.free});
        if (due.empty()) return report;

        std::vector<std::int64_t> candidates;
        for (const auto row : due) candidates.push_back(row.whole(0));
        std::unordered_map<std::int64_t, Reason> old;
        for (const auto& one : superseded(tx, candidates)) old.emplace(one.delivery.value(), one.reason);

        Closing closing;
        std::vector<std::int64_t> taken;
        for (const auto row : due) {
            const auto delivery = row.whole(0);
            const bool enabled = row.boolean(2);
            const bool deleted = row.boolean(3);
            if (const auto found = old.find(delivery); found != old.end()) {
                closing.add(delivery, DeliveryState::superseded, found->second);
                ++report.superseded;
            } else if (deleted || !enabled) {
                closing.add(delivery, DeliveryState::not_sent, deleted ? Reason::channel_deleted : Reason::channel_disabled);
                ++report.withdrawn;
            } else {
                taken.push_back(delivery);
                report.leased.push_back({
                    .delivery = DeliveryId{delivery},
                    .attempt = row.small(11) + 1,
                    .channel = row.id<ChannelId>(1),
                    .channel_kind = std::string(row.text(4)),
                    .channel_config = std::string(row.text(5)),
                    .channel_secrets = row.bytes(6),
                    .event = row.id<EventId>(7),
                    .event_kind = std::string(row.text(8)),
                    .event_at = row.time(9),
                    .document = std::string(row.text(10)),
                });
            }
        }
        closing.run(tx);
        if (!taken.empty()) {
            tx.run(statement::take, {taken, owner_, static_cast<std::int64_t>(lease_.count())});
            tx.run(statement::begin_attempts, {taken});
        }
        return report;
    });
}

void Ledger::extend(const std::vector<std::int64_t>& deliveries) {
    pool_.transact([&](db::Tx& tx) {
        tx.run(statement::extend, {deliveries, owner_, static_cast<std::int64_t>(lease_.count())});
    });
}

Recorded Ledger::record(const Finished& finished) {
    return pool_.transact([&](db::Tx& tx) {
        Recorded recorded;
        const auto held = tx.run(statement::hold, {finished.delivery, owner_});
        if (held.empty()) return Recorded{.stale = true};

        const auto since = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - finished.at);
        const auto status = finished.status == 0 ? std::optional<int>() : finished.status;
        const auto error = finished.error.empty() ? std::optional<std::string>() : finished.error;
        const auto response = finished.status == 0 ? std::optional<std::string>() : finished.response;
        const auto ended = tx.run(statement::end_attempt, {finished.delivery, finished.attempt,
                                                           static_cast<std::int64_t>(since.count()), status, error, response});
        const auto row = held[0];
        const bool ours = row.text(0) == name_of(DeliveryState::sending) && row.small(1) == finished.attempt && row.boolean(2);
        if (!ours || ended.affected() == 0) return Recorded{.stale = true};

        const auto next = next_attempt(finished.attempt, finished.outcome, row.time(3), row.time(4), finished.retry_after,
                                       finished.random, retry_);
        recorded.state = next.state;
        recorded.reason = next.reason;
        recorded.again_in = next.at - row.time(4);
        if (next.state == DeliveryState::planned) {
            // While it was under way nobody else could drop it, and a newer one of its thread need not wait for the back-off.
            if (const auto old = superseded(tx, {finished.delivery.value()}); !old.empty()) {
                recorded.state = DeliveryState::superseded;
                recorded.reason = old.front().reason;
            }
        }
        tx.run(statement::settle, {finished.delivery, name_of(recorded.state), name_of(recorded.reason), next.at});
        return recorded;
    });
}

void Ledger::abandon(const std::vector<std::int64_t>& except, std::string_view why) {
    pool_.transact([&](db::Tx& tx) {
        tx.run(statement::abandon_attempts, {owner_, except, why});
        tx.run(statement::abandon, {owner_, except});
    });
}

Backlog Ledger::backlog() {
    return pool_.transact([&](db::Tx& tx) {
        const auto rows = tx.run(statement::backlog);
        const auto row = rows[0];
        const auto age = [&row](int column) { return milliseconds{std::max<std::int64_t>(row.whole(column), 0)}; };
        return Backlog{age(0), age(1), age(2), row.whole(3)};
    });
}

}  // namespace sonde::notifier
