#include "notifier/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/log/log.h"
#include "notifier/channel/compose.h"
#include "notifier/channel/email.h"
#include "notifier/core/clean_text.h"

namespace sonde::notifier {
namespace {

using std::chrono::steady_clock;

constexpr int kEventsAtOnce = 500;
constexpr int kLeasesAtOnce = 100;
constexpr int kDueAtOnce = 100;
constexpr std::size_t kRecordedAtOnce = 50;
constexpr milliseconds kDueEvery{250};
constexpr milliseconds kBacklogEvery{5'000};
constexpr milliseconds kBacklogAlarm{60'000};
constexpr std::size_t kMaxDueAgain = 10'000;
constexpr milliseconds kFirstPause{100};  // after a failure of the database; doubles up to the poll period

// Of which the same may succeed later; others are of what it was asked.
bool is_of_the_database(const db::DbError& error) {
    return error.failure() == db::Failure::unavailable || error.failure() == db::Failure::timeout || error.failure() == db::Failure::conflict;
}

double as_seconds(milliseconds duration) { return static_cast<double>(duration.count()) / 1000; }

}  // namespace

// An attempt under way: its steps go one after the other on the courier's threads, the outcome of the last one that was sent to the mailbox.
struct Worker::Sending {
    Courier& courier;
    Metrics& metrics;
    std::shared_ptr<Mailbox> mailbox;
    Composed composed;
    Finished finished;
    std::size_t step = 0;

    static void next(std::shared_ptr<Sending> self) {
        auto& attempt = *self;
        if (attempt.composed.mail) {
            attempt.courier.send(*attempt.composed.mail, [self = std::move(self)](const MailReply& reply) {
                self->metrics.send_seconds.observe(static_cast<double>(reply.took.count()) / 1e6);
                end(*self, email::judge(self->composed, reply));
            });
            return;
        }
        const auto request = attempt.composed.steps[attempt.step].request;
        attempt.courier.send(request, [self = std::move(self)](const HttpReply& reply) mutable { answered(std::move(self), reply); });
    }

    static void answered(std::shared_ptr<Sending> self, const HttpReply& reply) {
        const auto& step = self->composed.steps[self->step];
        auto judged = judge(self->composed, step, reply, wall_now());
        self->metrics.send_seconds.observe(static_cast<double>(reply.took.count()) / 1e6);
        const bool refused = judged.outcome == Outcome::refused || judged.outcome == Outcome::gone;
        if (!judged.remembered.is_null()) self->finished.remembered = json::dump(judged.remembered);
        if ((judged.outcome == Outcome::accepted || (step.optional && refused)) && self->step + 1 < self->composed.steps.size()) {
            ++self->step;
            next(std::move(self));
            return;
        }
        end(*self, std::move(judged));
    }

    static void end(Sending& self, Judged judged) {
        auto& finished = self.finished;
        finished.outcome = judged.outcome;
        finished.status = judged.status;
        finished.error = std::move(judged.error);
        finished.response = std::move(judged.response);
        finished.retry_after = judged.wait;
        finished.reached = std::move(judged.reached);
        finished.at = steady_clock::now();
        self.metrics.attempts_of(finished.outcome).add();
        {
            const std::scoped_lock lock(self.mailbox->mutex);
            self.mailbox->finished.push_back(std::move(finished));
        }
        self.mailbox->wake.notify_one();
    }
};

Worker::Worker(db::Pool& pool, Courier& courier, crypto::SecretBox box, WorkerOptions options, Metrics& metrics)
    : courier_(courier),
      box_(std::move(box)),
      options_(std::move(options)),
      metrics_(metrics),
      ledger_(pool, options_.owner, options_.lease, options_.retry) {}

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

std::string Worker::database_trouble() const {
    const std::scoped_lock lock(state_mutex_);
    return database_trouble_;
}

std::string Worker::backlog_trouble() const {
    const std::scoped_lock lock(state_mutex_);
    if (backlog_.oldest_unplanned <= kBacklogAlarm) return {};
    return fmt::format("an event has waited {} s to be planned", backlog_.oldest_unplanned.count() / 1000);
}

void Worker::run() {
    milliseconds pause{0};
    bool more = true;
    while (true) {
        {
            std::unique_lock lock(mailbox_->mutex);
            // After a failure nothing but the end of the pause counts: notifications would make it a busy loop.
            const auto due = [this] {
                return mailbox_->stopping || (failures_ == 0 && (mailbox_->woken || !mailbox_->finished.empty()));
            };
            if (!more) mailbox_->wake.wait_for(lock, pause, due);
            if (mailbox_->stopping) break;
            mailbox_->woken = false;
        }
        try {
            more = round();
            database_works();
            pause = pause_when_idle();
        } catch (const db::DbError& error) {
            database_failed(error);
            more = false;
            pause = std::min(kFirstPause * (1 << std::min(failures_ - 1, 10)), options_.poll);
        }
    }
    drain();
}

milliseconds Worker::pause_when_idle() {
    // Leases are prolonged between pauses, so a pause must not outlast them.
    auto pause = std::min(options_.poll, options_.lease / 4);
    const auto now = steady_clock::now();
    due_again_.erase(due_again_.begin(), due_again_.upper_bound(now));
    if (room_again_ > now) pause = std::min(pause, std::chrono::ceil<milliseconds>(std::min(room_again_ - now, MonotonicPoint::duration{options_.poll})));
    if (!due_again_.empty()) pause = std::min(pause, std::chrono::ceil<milliseconds>(*due_again_.begin() - now));
    return pause;
}

bool Worker::round() {
    bool more = record_finished();
    prolong_leases();
    more = plan_events() || more;
    more = bring_due() || more;
    more = lease_due() || more;
    look_at_backlog();
    return more;
}

bool Worker::record_finished() {
    {
        const std::scoped_lock lock(mailbox_->mutex);
        std::move(mailbox_->finished.begin(), mailbox_->finished.end(), std::back_inserter(unrecorded_));
        mailbox_->finished.clear();
    }
    const bool any = !unrecorded_.empty();
    while (!unrecorded_.empty()) {
        if (!record_together()) record_last();
    }
    return any;
}

// In one transaction, for that is most of what recording costs. False if one of them cannot be recorded as it is.
bool Worker::record_together() {
    const auto some = unrecorded_.end() - static_cast<std::ptrdiff_t>(std::min(unrecorded_.size(), kRecordedAtOnce));
    // In an order that all notifiers have, since each row is locked in turn.
    std::sort(some, unrecorded_.end(), [](const Finished& a, const Finished& b) { return a.delivery.value() < b.delivery.value(); });
    const std::span<const Finished> finished(some, unrecorded_.end());
    std::vector<Recorded> recorded;
    try {
        recorded = ledger_.record(finished);
    } catch (const db::DbError& error) {
        if (is_of_the_database(error)) throw;
        return false;
    }
    for (std::size_t i = 0; i < recorded.size(); ++i) settle(finished[i], recorded[i]);
    unrecorded_.erase(some, unrecorded_.end());
    return true;
}

// A defect of ours must cost the words of one answer at most, not the outcome, nor all that is to be recorded after it.
void Worker::record_last() {
    auto& last = unrecorded_.back();
    Recorded recorded;
    try {
        recorded = ledger_.record({&last, 1}).front();
    } catch (const db::DbError& error) {
        if (is_of_the_database(error)) throw;
        log::error("outcome_unrecordable", "delivery", last.delivery.text(), "error", error.what());
        last.error.clear();
        last.response.clear();
        recorded = ledger_.record({&last, 1}).front();
    }
    settle(last, recorded);
    unrecorded_.pop_back();
}

void Worker::settle(const Finished& finished, const Recorded& recorded) {
    const auto found = in_flight_.find(finished.delivery.value());
    const auto what = std::move(found->second);
    in_flight_.erase(found);
    metrics_.in_flight.set(static_cast<double>(in_flight_.size()));
    note_channel(what.channel, finished);
    if (finished.outcome == Outcome::accepted) {
        const auto ago = std::chrono::duration_cast<milliseconds>(steady_clock::now() - finished.at);
        metrics_.page_seconds.observe(as_seconds(std::max(wall_now() - ago - what.event_at, milliseconds{0})));
    }
    if (recorded.stale) {
        metrics_.stale.add();
        log::warning("delivery_lease_lost", "delivery", finished.delivery.text(), "attempt", finished.attempt, "outcome",
                     name_of(finished.outcome));
        return;
    }
    if (recorded.opened == true) {
        metrics_.opened.add();
        log::warning("channel_left_alone", "channel", what.channel.text(), "outcome", name_of(finished.outcome), "error", finished.error);
    } else if (recorded.opened == false) {
        log::info("channel_tried_again", "channel", what.channel.text());
    }
    switch (recorded.state) {
        case DeliveryState::sent:
            metrics_.sent.add();
            break;
        case DeliveryState::superseded:
            metrics_.superseded.add();
            break;
        case DeliveryState::dead:
            metrics_.dead.add();
            log::error("delivery_dead", "delivery", finished.delivery.text(), "event", what.event.text(), "kind", what.event_kind,
                       "channel", what.channel.text(), "attempts", finished.attempt, "reason", name_of(recorded.reason),
                       "outcome", name_of(finished.outcome), "status", finished.status, "error", finished.error);
            break;
        case DeliveryState::planned:
            if (due_again_.size() < kMaxDueAgain) due_again_.insert(steady_clock::now() + recorded.again_in);
            break;
        case DeliveryState::sending:
        case DeliveryState::not_sent:
            break;
    }
}

void Worker::note_channel(ChannelId channel, const Finished& finished) {
    if (finished.outcome == Outcome::accepted) {
        if (failing_.erase(channel) > 0) log::info("channel_recovered", "channel", channel.text());
    } else if (failing_.insert(channel).second) {
        log::warning("channel_failing", "channel", channel.text(), "delivery", finished.delivery.text(), "outcome",
                     name_of(finished.outcome), "status", finished.status, "error", finished.error);
    }
}

bool Worker::plan_events() {
    const auto report = ledger_.plan(kEventsAtOnce);
    metrics_.planned.add(static_cast<std::uint64_t>(report.planned));
    metrics_.grouped.add(static_cast<std::uint64_t>(report.grouped));
    metrics_.not_sent.add(static_cast<std::uint64_t>(report.not_sent));
    metrics_.superseded.add(static_cast<std::uint64_t>(report.superseded));
    return report.events > 0;
}

// What is due is asked for within `poll`, however much else there is to do.
bool Worker::bring_due() {
    const auto now = steady_clock::now();
    if (now - due_looked_ < kDueEvery) return false;
    const auto report = ledger_.bring_due(kDueAtOnce);
    metrics_.steps_due.add(static_cast<std::uint64_t>(report.steps));
    metrics_.reminders_due.add(static_cast<std::uint64_t>(report.reminders));
    const bool more = report.steps + report.reminders == kDueAtOnce;
    if (!more) due_looked_ = now;
    return more;
}

bool Worker::lease_due() {
    if (lease_in_doubt_) {
        ledger_.abandon(ids_in_flight(), "never sent: whether it could be was not known before the database failed");
        lease_in_doubt_ = false;
    }
    Room room;
    room.free = std::min(options_.max_in_flight - static_cast<int>(in_flight_.size()), kLeasesAtOnce);
    if (room.free <= 0) return false;
    room.per_channel = options_.max_per_channel;
    room.in_flight = ids_in_flight();
    for (const auto& [id, one] : in_flight_) ++room.busy[one.channel];

    LeaseReport report;
    try {
        report = ledger_.lease(room);
    } catch (const db::DbError&) {
        lease_in_doubt_ = true;
        throw;
    }
    metrics_.superseded.add(static_cast<std::uint64_t>(report.superseded));
    metrics_.not_sent.add(static_cast<std::uint64_t>(report.withdrawn));
    metrics_.dead.add(static_cast<std::uint64_t>(report.dead));
    if (report.dead > 0) log::error("deliveries_dead", "deliveries", report.dead, "reason", name_of(Reason::gave_up));
    room_again_ = report.wait ? steady_clock::now() + *report.wait : MonotonicPoint::max();
    for (const auto& leased : report.leased) dispatch(leased);
    return !report.empty();
}

void Worker::dispatch(const Leased& leased) {
    in_flight_.emplace(leased.delivery.value(), InFlight{leased.channel, leased.event_at, leased.event_kind, leased.event});
    metrics_.in_flight.set(static_cast<double>(in_flight_.size()));
    Finished finished;
    finished.delivery = leased.delivery;
    finished.attempt = leased.attempt;
    finished.random = std::uniform_real_distribution<double>(0, 1)(random_);

    finished.place = leased.place;
    auto composed = compose(leased, box_, wall_now(), options_.links);
    if (!composed) {
        finished.outcome = Outcome::not_sendable;
        finished.error = clean_text(composed.error().message, kMaxReplyBytes);
        finished.at = steady_clock::now();
        metrics_.attempts_of(finished.outcome).add();
        unrecorded_.push_back(std::move(finished));
        return;
    }
    auto sending = std::make_shared<Sending>(Sending{courier_, metrics_, mailbox_, *std::move(composed), std::move(finished)});
    Sending::next(std::move(sending));
}

void Worker::prolong_leases() {
    const auto now = steady_clock::now();
    if (now - prolonged_ < options_.lease / 3) return;
    if (!in_flight_.empty()) ledger_.extend(ids_in_flight());
    prolonged_ = now;
}

void Worker::look_at_backlog() {
    const auto now = steady_clock::now();
    if (now - looked_ < kBacklogEvery) return;
    const auto backlog = ledger_.backlog();
    looked_ = now;
    metrics_.unsent.set(static_cast<double>(backlog.unsent));
    metrics_.held.set(static_cast<double>(backlog.held));
    metrics_.channels_open.set(static_cast<double>(backlog.channels_open));
    metrics_.oldest_unplanned.set(as_seconds(backlog.oldest_unplanned));
    metrics_.oldest_due.set(as_seconds(backlog.oldest_due));
    metrics_.oldest_unsent.set(as_seconds(backlog.oldest_unsent));
    const std::scoped_lock lock(state_mutex_);
    backlog_ = backlog;
}

// Nothing new is begun; answers still count for as long as the deadline allows, and so does a database that comes back meanwhile.
void Worker::drain() {
    const auto deadline = steady_clock::now() + options_.drain;
    while (!in_flight_.empty() && steady_clock::now() < deadline) {
        milliseconds pause{50};
        try {
            record_finished();
            prolong_leases();
        } catch (const db::DbError& error) {
            database_failed(error);
            pause = kFirstPause;
        }
        std::unique_lock lock(mailbox_->mutex);
        if (mailbox_->finished.empty() && !in_flight_.empty()) mailbox_->wake.wait_for(lock, pause);
    }
    if (in_flight_.empty() && !lease_in_doubt_) return;
    try {
        record_finished();
        ledger_.abandon({}, "the notifier was stopped before the answer came; the receiver may have it");
    } catch (const db::DbError& error) {
        log::warning("leases_left", "deliveries", in_flight_.size(), "error", error.what());  // they end by themselves
    }
}

void Worker::database_failed(const db::DbError& error) {
    metrics_.database_failures.add();
    if (++failures_ == 1) log::warning("database_failed", "error", error.what());
    const std::scoped_lock lock(state_mutex_);
    database_trouble_ = error.what();
}

void Worker::database_works() {
    if (failures_ > 0) log::info("database_works", "failed_rounds", failures_);
    failures_ = 0;
    const std::scoped_lock lock(state_mutex_);
    database_trouble_.clear();
}

std::vector<std::int64_t> Worker::ids_in_flight() const {
    std::vector<std::int64_t> ids;
    ids.reserve(in_flight_.size());
    for (const auto& [id, one] : in_flight_) ids.push_back(id);
    return ids;
}

}  // namespace sonde::notifier
