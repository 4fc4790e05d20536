// The thread of NatsBus that keeps it connected.
#include <algorithm>
#include <random>

#include "lib/bus/nats_bus.h"
#include "lib/bus/server_info.h"
#include "lib/log/log.h"

namespace sonde::bus {
namespace {

constexpr milliseconds kFirstPause{500};
constexpr milliseconds kLongestPause{5000};
constexpr milliseconds kVersionDeadline{1000};
// Pull consumers of older ones are known to stall (nats-server 4168, 4736, 5799, 7680); the watchdogs are for that.
constexpr std::string_view kRecommendedServer = "2.10.23";

}  // namespace

void NatsBus::wake() {
    {
        const std::scoped_lock lock(mutex_);
        wake_ = true;
    }
    woken_.notify_one();
}

void NatsBus::wake_by(MonotonicPoint deadline) {
    if (deadline.time_since_epoch().count() < next_wake_.load()) wake();
}

void NatsBus::keep() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    auto pause = kFirstPause;
    auto next = std::chrono::steady_clock::now();
    auto next_attempt = next;
    // Each attempt that comes to nothing puts the next one off for longer, until one succeeds: NATS.c gives up at once where it is refused.
    const auto put_off = [&](MonotonicPoint now) {
        next_attempt = now + milliseconds{std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random)};
        pause = std::min(pause * 2, kLongestPause);
    };
    for (;;) {
        bool ended = false, began = false, closed = false, have = false;
        {
            std::unique_lock lock(mutex_);
            woken_.wait_until(lock, next, [this] { return stopping_ || wake_; });
            if (stopping_) return;
            wake_ = false;
            next_wake_ = MonotonicPoint::min().time_since_epoch().count();  // nobody needs to wake a thread that is awake
            ended = std::exchange(ended_, false);
            began = std::exchange(began_, false);
            closed = std::exchange(closed_, false);
            have = connection_ != nullptr;
        }
        if (ended || closed) {
            const std::scoped_lock lock(members_);
            for (auto* puller : pullers_) puller->lost();
        }
        if (closed && have) {
            std::shared_ptr<Connection> old;
            {
                const std::scoped_lock lock(mutex_);
                old = std::move(connection_);
            }
            have = false;
            put_off(std::chrono::steady_clock::now());
        }
        if (began) pause = kFirstPause;
        const auto now = std::chrono::steady_clock::now();
        if (!have && now >= next_attempt) {
            if (!open_connection()) put_off(now);
            have = current() != nullptr;
        } else if (began && have) {
            if (const auto connection = current()) attach_everything(connection);
        }

        // Whoever adds a deadline from here on finds the time below, or wakes us.
        next = MonotonicPoint::max();
        next_wake_ = next.time_since_epoch().count();
        if (!have) next = std::min(next, next_attempt);
        {
            const std::scoped_lock lock(members_);
            for (auto* puller : pullers_) next = std::min(next, puller->tick(now));
        }
        next_wake_ = next.time_since_epoch().count();
    }
}

bool NatsBus::open_connection() {
    ConnectionEvents events;
    // `connected_` is set by the keeper, once everything is subscribed; these only take it back.
    const auto note = [this](bool NatsBus::*what) {
        {
            const std::scoped_lock lock(mutex_);
            // A beginning that is over needs no more attention; one after an end is still seen.
            if (what != &NatsBus::began_) connected_ = began_ = false;
            this->*what = true;
            wake_ = true;
        }
        woken_.notify_one();
        if (what != &NatsBus::began_) {
            connected_gauge_.set(0);
            sweeper_.fail_all();  // nothing of it will be answered any more
        }
    };
    events.connected = [this, note] {
        if (connections_++ > 0) reconnects_counter_.add();
        note(&NatsBus::began_);
    };
    events.lost = [this, note] {
        if (connected_) log::warning("bus_lost");
        note(&NatsBus::ended_);
    };
    events.closed = [note] { note(&NatsBus::closed_); };
    events.error = [this](std::string_view kind, std::string_view text) { on_error(kind, text); };

    std::string why;
    auto opened = Connection::open(options_, std::move(events), why);
    if (!why.empty()) on_error("connect", why);
    if (!opened) return false;
    const std::scoped_lock lock(mutex_);
    connection_ = std::move(opened);
    wake_ = true;  // for `began_`, which may have come before there was anything to attach to
    return true;
}

void NatsBus::attach_everything(const std::shared_ptr<Connection>& connection) {
    const auto attached = [this](const Status& status) {
        if (!status) on_error("subscribe", status.error().message);
    };
    {
        const std::scoped_lock members(members_);
        // NATS.c restores what was subscribed when it connects again; pullers want a new inbox all the same.
        if (attached_to_.lock() != connection) {
            attached(answers_inlet_.attach(connection->get(), inbox_ + ".*"));
            for (auto* subscription : subscriptions_) attached(subscription->attach(connection->get()));
            attached_to_ = connection;
        }
        // Before the pullers, who ask at once, and after the inbox, on which answers come.
        {
            const std::scoped_lock lock(mutex_);
            if (!ended_ && !closed_) connected_ = true;
        }
        connected_gauge_.set(connected_ ? 1 : 0);
        for (auto* puller : pullers_) attached(puller->attach(connection->get()));
    }
    note_version(*connection);
}

void NatsBus::note_version(Connection& connection) {
    const auto server = connection.server();
    if (server.empty()) return;
    auto version = server_version(server, kVersionDeadline);
    log::info("bus_connected", "server", server, "version", version);
    const std::scoped_lock lock(mutex_);
    if (version != server_version_ && is_older(version, kRecommendedServer)) {
        log::warning("bus_server_is_old", "version", version, "recommended", kRecommendedServer);
    }
    server_version_ = std::move(version);
}

}  // namespace sonde::bus
