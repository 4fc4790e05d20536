#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "lib/db/db.h"
#include "lib/db/session.h"
#include "lib/log/log.h"

namespace sonde::db {
namespace {

constexpr metrics::Family kPoolWait{"sonde_db_pool_wait_seconds", "Time a transaction waited for a connection, opening it included."};
constexpr metrics::Family kConnections{"sonde_db_connections", "Open connections of the pool."};

// How often overdue calls are looked for while any connection is in use.
constexpr milliseconds kSweep{500};
constexpr milliseconds kPingWait{500};
constexpr milliseconds kPingTimeout{1000};

}  // namespace

struct Pool::Impl {
    // A place for a connection; lent to one transaction at a time.
    struct Place {
        std::unique_ptr<Session> session;  // guarded by `mutex`; used by the borrower alone
        std::chrono::steady_clock::time_point returned{};
    };
    struct Waiter {
        std::condition_variable wake;
        Place* place = nullptr;
    };

    PoolOptions options;
    StatementTimes times;
    metrics::Histogram& wait_seconds;
    metrics::Gauge& active;
    metrics::Gauge& idle;

    std::mutex mutex;
    std::vector<std::unique_ptr<Place>> places;
    std::vector<Place*> free;  // the last returned is the first lent: what is not needed stays idle
    std::deque<Waiter*> waiting;  // in the order they came
    std::condition_variable lent_or_stopping;
    bool stopping = false;
    bool reachable = true;  // as last seen; edges are logged
    std::thread watch;

    Impl(PoolOptions given, metrics::Registry& metrics)
        : options(std::move(given)),
          times(metrics),
          wait_seconds(metrics.histogram(kPoolWait, metrics::kSecondsBounds)),
          active(metrics.gauge(kConnections, {{"state", "active"}})),
          idle(metrics.gauge(kConnections, {{"state", "idle"}})) {
        for (int i = 0; i < std::max(options.size, 1); ++i) {
            places.push_back(std::make_unique<Place>());
            free.push_back(places.back().get());
        }
        watch = std::thread([this] { watch_over(); });
    }

    ~Impl() {
        {
            const std::scoped_lock lock(mutex);
            stopping = true;
        }
        lent_or_stopping.notify_all();
        watch.join();
    }

    void watch_over() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            const bool all_free = free.size() == places.size();
            if (all_free && open() == 0) {
                lent_or_stopping.wait(lock);
                continue;
            }
            lent_or_stopping.wait_for(lock, all_free ? options.idle_timeout : kSweep);
            const auto now = std::chrono::steady_clock::now();
            for (const auto& place : places) {
                if (place->session) place->session->enforce_deadline(now);
            }
            close_idle(lock, now);
        }
    }

    // Each costs the server some megabytes.
    void close_idle(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point now) {
        std::vector<std::unique_ptr<Session>> idle_ones;
        for (auto* place : free) {
            if (place->session && now - place->returned >= options.idle_timeout) idle_ones.push_back(std::move(place->session));
        }
        if (idle_ones.empty()) return;
        count();
        lock.unlock();
        idle_ones.clear();  // says good-bye to the server
        lock.lock();
    }

    [[nodiscard]] std::size_t open() const {
        return static_cast<std::size_t>(std::count_if(places.begin(), places.end(), [](const auto& place) { return place->session != nullptr; }));
    }

    void count() {
        const auto all = open();
        const auto lent = places.size() - free.size();
        active.set(static_cast<double>(lent));
        idle.set(static_cast<double>(all > lent ? all - lent : 0));
    }

    Place& acquire(milliseconds patience) {
        std::unique_lock lock(mutex);
        if (!free.empty()) {
            auto* place = free.back();
            free.pop_back();
            count();
            lent_or_stopping.notify_one();
            return *place;
        }
        Waiter waiter;
        waiting.push_back(&waiter);
        waiter.wake.wait_for(lock, patience, [&waiter] { return waiter.place != nullptr; });
        if (waiter.place == nullptr) {
            std::erase(waiting, &waiter);
            throw DbError(Failure::timeout, fmt::format("no free database connection within {} ms: all {} are in use", patience.count(),
                                                        places.size()));
        }
        return *waiter.place;
    }

    void give_back(Place& place) noexcept {
        const bool keep = place.session && place.session->usable();
        std::unique_ptr<Session> dead;
        {
            const std::scoped_lock lock(mutex);
            if (!keep) dead = std::move(place.session);
            place.returned = std::chrono::steady_clock::now();
            if (waiting.empty()) {
                free.push_back(&place);
            } else {
                waiting.front()->place = &place;
                waiting.front()->wake.notify_one();
                waiting.pop_front();
            }
            count();
        }
    }

    void note_reachable(bool now, std::string_view why) {
        {
            const std::scoped_lock lock(mutex);
            if (reachable == now) return;
            reachable = now;
        }
        if (now) {
            log::info("database_reachable");
        } else {
            log::error("database_unreachable", "error", why);
        }
    }

    // The watching thread must not see a session that is being closed.
    void close(Place& place) {
        std::unique_ptr<Session> dead;
        {
            const std::scoped_lock lock(mutex);
            dead.swap(place.session);
            count();
        }
    }

    // The connection of a lent place, opened anew if there is none or it does not live.
    void make_usable(Place& place) {
        if (place.session && place.session->usable()) return;
        close(place);
        const SessionSettings settings{options.dsn, options.application_name, options.connect_timeout, options.statement_timeout,
                                       options.idle_in_transaction_timeout};
        try {
            auto fresh = std::make_unique<Session>(settings, times);
            {
                const std::scoped_lock lock(mutex);
                place.session = std::move(fresh);
                count();
            }
            place.session->set_up();
        } catch (const DbError& error) {
            close(place);
            note_reachable(false, error.what());
            throw;
        }
        note_reachable(true, {});
    }
};

struct Tx::Impl {
    Pool::Impl& pool;
    Pool::Impl::Place& place;

    Impl(Pool::Impl& from, milliseconds patience) : pool(from), place(from.acquire(patience)) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        if (place.session) place.session->rollback();
        pool.give_back(place);
    }

    Session& session() const { return *place.session; }
};

Tx::Tx(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tx::Tx(Tx&&) noexcept = default;
Tx::~Tx() = default;

Rows Tx::run(const Statement& statement, std::initializer_list<Param> params) {
    return impl_->session().run(statement, std::vector<Param>(params));
}
Rows Tx::run(const Statement& statement, const std::vector<Param>& params) { return impl_->session().run(statement, params); }
Rows Tx::run_text(std::string_view sql, const std::vector<Param>& params) { return impl_->session().run_text(sql, params); }
void Tx::run_script(std::string_view sql) { impl_->session().run_script(sql); }
void Tx::set_statement_timeout(milliseconds timeout) { impl_->session().set_statement_timeout(timeout); }
void Tx::commit() { impl_->session().commit(); }

Pool::Pool(PoolOptions options, metrics::Registry& metrics) : impl_(std::make_unique<Impl>(std::move(options), metrics)) {}
Pool::~Pool() = default;

Tx Pool::begin() {
    const auto start = std::chrono::steady_clock::now();
    auto tx = std::make_unique<Tx::Impl>(*impl_, impl_->options.acquire_timeout);
    impl_->make_usable(tx->place);
    impl_->wait_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    tx->session().begin();
    return Tx{std::move(tx)};
}

Rows Pool::run(const Statement& statement, const std::vector<Param>& params) {
    for (int attempt = 1;; ++attempt) {
        try {
            const auto start = std::chrono::steady_clock::now();
            Tx::Impl alone(*impl_, impl_->options.acquire_timeout);
            impl_->make_usable(alone.place);
            impl_->wait_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
            alone.session().begin_alone();
            auto rows = alone.session().run(statement, params);
            alone.session().commit();
            return rows;
        } catch (const DbError& error) {
            if (error.failure() != Failure::conflict || attempt == 3) throw;
        }
        let_others_finish(attempt);
    }
}

void Pool::let_others_finish(int attempt) {
    thread_local std::minstd_rand random(std::random_device{}());
    std::this_thread::sleep_for(attempt * milliseconds{std::uniform_int_distribution<int>(10, 50)(random)});
}

bool Pool::ping() noexcept {
    try {
        auto tx = std::make_unique<Tx::Impl>(*impl_, kPingWait);
        impl_->make_usable(tx->place);
        tx->session().begin();
        tx->session().set_statement_timeout(kPingTimeout);
        return tx->session().run_text("select 1", {}).size() == 1;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace sonde::db
