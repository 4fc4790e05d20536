#include "notifier/subscriber/worker.h"

#include <algorithm>
#include <utility>

#include "lib/log/log.h"
#include "notifier/core/clean_text.h"

namespace sonde::notifier::subscriber {
namespace {

using Steady = std::chrono::steady_clock;

constexpr milliseconds kLookEvery{5'000};
constexpr std::chrono::minutes kTidyEvery{10};
constexpr milliseconds kFirstRest{10'000};
constexpr milliseconds kLongestRest{300'000};
constexpr milliseconds kPauseAfterFailure{1'000};
constexpr milliseconds kPace{200};  // mails that may not all begin at once begin so often together
constexpr std::size_t kMostError = 1'024;
constexpr milliseconds kSecond{1'000};

}  // namespace

Worker::Worker(db::Pool& pool, Courier& mail, Courier& web, crypto::SecretBox box, WorkerOptions options, Metrics& metrics)
    : mail_(mail), web_(web), box_(std::move(box)), options_(std::move(options)), metrics_(metrics), ledger_(pool, options_.owner, options_.lease, options_.retry) {}

Worker::~Worker() { stop(); }

void Worker::start() {
    thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
    {
        const std::scoped_lock lock(mailbox_->mutex);
        mailbox_->stopping = true;
    }
    mailbox_->wake.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Worker::wake() {
    {
        const std::scoped_lock lock(mailbox_->mutex);
        mailbox_->woken = true;
    }
    mailbox_->wake.notify_one();
}

void Worker::run() {
    bool more = true;
    for (;;) {
        {
            std::unique_lock lock(mailbox_->mutex);
            // After a failure nothing but the end of the pause counts.
            if (!more) mailbox_->wake.wait_for(lock, pause(), [this] { return mailbox_->stopping || (!failing_ && (mailbox_->woken || !mailbox_->told.empty())); });
            if (mailbox_->stopping) break;
            mailbox_->woken = false;
        }
        try {
            more = round();
            if (std::exchange(failing_, false)) log::info("subscribers_told_again");
        } catch (const db::DbError& error) {
            if (!std::exchange(failing_, true)) log::warning("subscribers_not_told", "error", error.what());
            more = false;
        }
    }
    drain();
}

milliseconds Worker::pause() const {
    if (failing_) return kPauseAfterFailure;
    const auto usual = std::min(options_.poll, options_.lease / 4);
    return paced_ ? std::min(usual, std::max(until_next({options_.mails_per_second, kSecond}, mails_), kPace)) : usual;
}

// How many mails may begin.
int Worker::mails_now() {
    // By a clock that nobody sets.
    mails_ = filled({options_.mails_per_second, kSecond}, mails_, TimePoint{std::chrono::floor<milliseconds>(Steady::now().time_since_epoch())});
    return allowance(mails_);
}

bool Worker::round() {
    bool more = record_told();
    prolong_leases();
    if (lease_in_doubt_) {
        ledger_.abandon(ids_in_flight());
        lease_in_doubt_ = false;
    }
    // What is planned now is due, and asked for in the next round, which follows at once.
    const auto waiting = ledger_.waiting();
    paced_ = paced_ && waiting.mails;
    more = (waiting.notices && plan()) || more;
    more = (waiting.mails && lease(Lane::email, options_.max_mails)) || more;
    more = (waiting.webhooks && lease(Lane::webhook, options_.max_webhooks)) || more;
    look_after();
    return more;
}

bool Worker::record_told() {
    {
        const std::scoped_lock lock(mailbox_->mutex);
        std::move(mailbox_->told.begin(), mailbox_->told.end(), std::back_inserter(unrecorded_));
        mailbox_->told.clear();
    }
    const bool any = !unrecorded_.empty();
    while (!unrecorded_.empty()) {
        const auto recorded = record(unrecorded_.back());
        const auto told = std::move(unrecorded_.back());
        unrecorded_.pop_back();
        settle(told, recorded);
    }
    return any;
}

// A defect of ours must cost the words of one answer at most, not all that is to be recorded after it.
Recorded Worker::record(const Told& told) {
    try {
        return ledger_.record(told);
    } catch (const db::DbError& error) {
        if (error.failure() == db::Failure::unavailable || error.failure() == db::Failure::timeout || error.failure() == db::Failure::conflict) throw;
        log::error("outcome_unrecordable", "delivery", told.delivery.text(), "error", error.what());
        auto bare = told;
        bare.verdict.error.clear();
        return ledger_.record(bare);
    }
}

void Worker::settle(const Told& told, const Recorded& recorded) {
    const auto found = in_flight_.extract(told.delivery.value());
    if (!found.empty() && found.mapped().lane == Lane::email) note_server(found.mapped().channel, told.verdict);
    metrics_.in_flight.set(static_cast<double>(in_flight_.size()));
    if (recorded.stale) return metrics_.stale.add();
    if (recorded.state == DeliveryState::sent) metrics_.sent.add();
    if (recorded.state == DeliveryState::dead) {
        metrics_.dead.add();
        log::warning("subscriber_not_told", "delivery", told.delivery.text(), "subscriber", told.subscriber.text(), "attempts", told.attempt, "outcome", name_of(told.verdict.outcome), "error",
                     told.verdict.error);
    }
    if (recorded.ended) {
        metrics_.ended.add();
        log::info("subscriber_ended", "subscriber", told.subscriber.text(), "error", told.verdict.error);
    }
}

void Worker::note_server(ChannelId channel, const Verdict& verdict) {
    if (!channel) return;
    if (!verdict.server_fails) {
        if (rests_.erase(channel) > 0) log::info("page_mail_server_works", "channel", channel.text());
        return;
    }
    auto& rest = rests_[channel];
    const auto now = Steady::now();
    if (rest.until > now) return;  // of the same round of attempts
    if (rest.failures == 0) log::warning("page_mail_server_fails", "channel", channel.text(), "outcome", name_of(verdict.outcome), "error", verdict.error);
    rest.until = now + std::min(kLongestRest, kFirstRest * (1 << std::min(rest.failures, 10)));
    ++rest.failures;
}

bool Worker::plan() {
    const auto report = ledger_.plan();
    metrics_.planned.add(static_cast<std::uint64_t>(report.planned));
    return report.notices > 0;
}

bool Worker::lease(Lane lane, int most) {
    Room room;
    room.lane = lane;
    room.free = most - static_cast<int>(std::count_if(in_flight_.begin(), in_flight_.end(), [lane](const auto& one) { return one.second.lane == lane; }));
    const bool paces = lane == Lane::email;
    if (paces) paced_ = false;
    if (room.free <= 0) return false;
    if (paces) {
        room.free = std::min(room.free, mails_now());
        paced_ = room.free <= 0;
        if (paced_) metrics_.paced.add();
        if (paced_) return false;
    }
    auto& turn = turns_.at(static_cast<std::size_t>(lane));
    room.after = turn;
    room.in_flight = ids_in_flight();
    room.resting = resting();
    LeaseReport report;
    try {
        report = ledger_.lease(room);
    } catch (const db::DbError&) {
        lease_in_doubt_ = true;
        throw;
    }
    metrics_.superseded.add(static_cast<std::uint64_t>(report.superseded));
    metrics_.dead.add(static_cast<std::uint64_t>(report.dead));
    if (report.last) turn = report.last;
    if (paces) mails_.tokens -= static_cast<double>(report.leased.size());
    for (const auto& telling : report.leased) dispatch(telling);
    return !report.empty();
}

void Worker::leave(Mailbox& mailbox, Told told) {
    {
        const std::scoped_lock lock(mailbox.mutex);
        mailbox.told.push_back(std::move(told));
    }
    mailbox.wake.notify_one();
}

void Worker::dispatch(const Telling& telling) {
    in_flight_.emplace(telling.delivery.value(), InFlight{telling.lane, telling.channel});
    metrics_.in_flight.set(static_cast<double>(in_flight_.size()));
    Told told{telling.delivery, telling.attempt, telling.subscriber, !telling.document, {}, std::uniform_real_distribution<double>(0, 1)(random_)};
    auto prepared = prepare(telling, box_, wall_now(), options_.base_url);
    if (!prepared) {
        told.verdict.outcome = Outcome::not_sendable;
        told.verdict.error = clean_text(prepared.error().message, kMostError);
        metrics_.attempts_of(told.verdict.outcome).add();
        unrecorded_.push_back(std::move(told));
        return;
    }
    const auto shared = std::make_shared<const Prepared>(*std::move(prepared));
    const auto done = [mailbox = mailbox_, &metrics = metrics_, told](Verdict verdict) {
        auto ended = told;
        ended.verdict = std::move(verdict);
        metrics.attempts_of(ended.verdict.outcome).add();
        leave(*mailbox, std::move(ended));
    };
    if (shared->composed.mail) {
        mail_.send(*shared->composed.mail, [shared, done](const MailReply& reply) { done(judge_mail(*shared, reply)); });
    } else {
        web_.send(shared->composed.steps.front().request, [shared, done](const HttpReply& reply) { done(judge_webhook(*shared, reply, wall_now())); });
    }
}

void Worker::prolong_leases() {
    const auto now = Steady::now();
    if (now - prolonged_ < options_.lease / 3) return;
    if (!in_flight_.empty()) ledger_.extend(ids_in_flight());
    prolonged_ = now;
}

void Worker::look_after() {
    const auto now = Steady::now();
    if (now - looked_ < kLookEvery) return;
    const auto backlog = ledger_.backlog();
    looked_ = now;
    metrics_.unsent.set(static_cast<double>(backlog.unsent));
    metrics_.oldest_due.set(static_cast<double>(backlog.oldest_due.count()) / 1'000);
    metrics_.subscribers.set(static_cast<double>(backlog.subscribers));
    if (now - tidied_ < kTidyEvery) return;
    ledger_.tidy();
    tidied_ = now;
}

// Nothing new is begun; answers still count for as long as the deadline allows.
void Worker::drain() {
    const auto deadline = Steady::now() + options_.drain;
    constexpr milliseconds kPause{50};
    while (!in_flight_.empty() && Steady::now() < deadline) {
        try {
            record_told();
            prolong_leases();
        } catch (const db::DbError& error) {
            log::warning("subscribers_not_told", "error", error.what());
        }
        std::unique_lock lock(mailbox_->mutex);
        if (mailbox_->told.empty() && !in_flight_.empty()) mailbox_->wake.wait_for(lock, kPause);
    }
    if (in_flight_.empty() && !lease_in_doubt_) return;
    try {
        record_told();
        ledger_.abandon({});
    } catch (const db::DbError& error) {
        log::warning("subscriber_leases_left", "deliveries", in_flight_.size(), "error", error.what());  // they end by themselves
    }
}

std::vector<std::int64_t> Worker::ids_in_flight() const {
    std::vector<std::int64_t> ids;
    ids.reserve(in_flight_.size());
    for (const auto& [id, one] : in_flight_) ids.push_back(id);
    return ids;
}

std::vector<std::int64_t> Worker::resting() const {
    std::vector<std::int64_t> ids;
    const auto now = Steady::now();
    for (const auto& [channel, rest] : rests_) {
        if (rest.until > now) ids.push_back(channel.value());
    }
    return ids;
}

}  // namespace sonde::notifier::subscriber
