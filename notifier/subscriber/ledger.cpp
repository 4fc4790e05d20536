#include "notifier/subscriber/ledger.h"

#include <algorithm>
#include <utility>

#include "notifier/subscriber/statements.h"

namespace sonde::notifier::subscriber {
namespace {

// What is due for its last attempt has so long until it is too late for that, too.
constexpr milliseconds kLastAttempt{60'000};

Telling read_telling(const db::Row& row) {
    Telling telling;
    telling.delivery = row.id<SubscriberDeliveryId>(0);
    telling.attempt = row.small(1) + 1;
    telling.lane = from_name<Lane>(row.text(2)).value_or(Lane::email);
    telling.subscriber = row.id<SubscriberId>(3);
    telling.sealed = row.bytes(4);
    telling.language = row.text(5);
    telling.confirmed = row.boolean(6);
    telling.asked_at = row.time(7);
    if (!row.is_null(8)) telling.document = std::string(row.text(8));
    telling.slug = row.text(9);
    telling.host = row.text(10);
    telling.title = row.text(11);
    telling.time_zone = row.text(12);
    if (!row.is_null(13)) {
        telling.channel = row.id<ChannelId>(13);
        telling.channel_config = row.text(14);
        telling.channel_secrets = row.bytes(15);
    }
    return telling;
}

}  // namespace

Ledger::Ledger(db::Pool& pool, std::string owner, milliseconds lease, RetryPolicy retry) : pool_(pool), owner_(std::move(owner)), lease_(lease), retry_(retry) {}

PlanReport Ledger::plan() {
    return pool_.transact([](db::Tx& tx) {
        const auto rows = tx.run(statement::plan);
        return PlanReport{static_cast<int>(rows[0].whole(0)), static_cast<int>(rows[0].whole(1))};
    });
}

Waiting Ledger::waiting() {
    const auto rows = pool_.run(statement::waiting);
    return {rows[0].boolean(0), rows[0].boolean(1), rows[0].boolean(2)};
}

void Ledger::take(db::Tx& tx, Of of, const Room& room, LeaseReport& report) {
    const auto left = room.free - static_cast<int>(report.leased.size());
    if (left <= 0) return;
    std::vector<std::int64_t> old;
    std::vector<std::int64_t> expired;
    std::vector<std::int64_t> taken;
    std::vector<db::Param> asked{name_of(room.lane), left, room.in_flight, room.resting, (retry_.give_up_after + kLastAttempt).count()};
    if (of == Of::news) asked.emplace_back(room.after);
    for (const auto row : tx.run(of == Of::news ? statement::due_news : statement::due_questions, asked)) {
        if (of == Of::news) report.last = row.id<StatusPageId>(18);
        if (row.boolean(16)) {
            old.push_back(row.whole(0));
        } else if (row.boolean(17)) {
            expired.push_back(row.whole(0));
        } else {
            taken.push_back(row.whole(0));
            report.leased.push_back(read_telling(row));
        }
    }
    if (!old.empty()) tx.run(statement::close, {old, name_of(DeliveryState::superseded)});
    if (!expired.empty()) tx.run(statement::close, {expired, name_of(DeliveryState::dead)});
    if (!taken.empty()) tx.run(statement::take, {taken, owner_, lease_.count()});
    report.superseded += static_cast<int>(old.size());
    report.dead += static_cast<int>(expired.size());
}

LeaseReport Ledger::lease(const Room& room) {
    return pool_.transact([&](db::Tx& tx) {
        LeaseReport report;
        take(tx, Of::questions, room, report);
        take(tx, Of::news, room, report);
        return report;
    });
}

void Ledger::extend(const std::vector<std::int64_t>& deliveries) {
    pool_.transact([&](db::Tx& tx) { tx.run(statement::extend, {deliveries, owner_, lease_.count()}); });
}

Recorded Ledger::record(const Told& told) {
    return pool_.transact([&](db::Tx& tx) {
        Recorded recorded;
        const auto held = tx.run(statement::hold, {told.delivery, told.attempt, owner_});
        recorded.stale = held.empty();
        if (recorded.stale) return recorded;
        const auto& verdict = told.verdict;
        const auto next = next_attempt(told.attempt, verdict.outcome, held[0].time(0), held[0].time(1), verdict.wait, told.random, retry_);
        recorded.state = next.state;
        tx.run(statement::settle, {told.delivery, name_of(next.state), next.at, name_of(verdict.outcome), verdict.error});
        if (verdict.proven) tx.run(statement::proven, {told.subscriber});
        if (verdict.outcome == Outcome::accepted) tx.run(statement::accepted, {told.subscriber});
        if (next.state == DeliveryState::dead && verdict.receiver_refused && !told.question) {
            const auto refused = tx.run(statement::refused, {told.subscriber});
            recorded.ended = !refused.empty() && refused[0].small(0) >= kMostRefusals;
            if (recorded.ended) tx.run(statement::erase, {told.subscriber});
        }
        return recorded;
    });
}

void Ledger::abandon(const std::vector<std::int64_t>& except) {
    pool_.transact([&](db::Tx& tx) { tx.run(statement::abandon, {owner_, except}); });
}

void Ledger::tidy() {
    pool_.transact([](db::Tx& tx) {
        tx.run(statement::forget_pending);
        tx.run(statement::forget_questions);
        tx.run(statement::forget_notices);
    });
}

Backlog Ledger::backlog() {
    return pool_.transact([](db::Tx& tx) {
        const auto rows = tx.run(statement::backlog);
        return Backlog{rows[0].whole(0), milliseconds{rows[0].whole(1)}, rows[0].whole(2)};
    });
}

}  // namespace sonde::notifier::subscriber
