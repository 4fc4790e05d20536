#include "controlplane/history/historian.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "controlplane/history/account.h"
#include "controlplane/history/packing.h"
#include "controlplane/history/rollups.h"
#include "lib/db/lease.h"
#include "lib/log/log.h"

namespace sonde::history {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kParts{"sonde_history_parts_total", "Parts of the work on the past that were done, by work."};
constexpr metrics::Family kBusy{"sonde_history_table_busy_total", "Times that a partition was left for later, so that nobody waits for its lock."};
constexpr metrics::Family kDropped{"sonde_history_partitions_dropped_total", "Partitions dropped for their age."};
constexpr metrics::Family kExpected{"sonde_slots_expected_total", "Slots of minutes that are closed, by region."};
constexpr metrics::Family kExecuted{"sonde_slots_executed_total", "Of those, executed in time for the closing."};
constexpr metrics::Family kLate{"sonde_slots_late_total", "Of those, started more than a second after the slot."};
constexpr metrics::Family kMissed{"sonde_slots_missed_total", "Expected and not executed."};

constexpr std::string_view kLeaseName = "task/history";
constexpr milliseconds kLease{20'000};  // a part that takes longer keeps it by its transaction
constexpr milliseconds kLongPart{300'000};      // such as counting a day before it is dropped
constexpr milliseconds kBetweenPartitions{600'000};
constexpr milliseconds kBusyPause{2'000};
constexpr milliseconds kShortestRest{20};

enum class Outcome : unsigned char { idle, busy, elsewhere, failed };

}  // namespace

struct Historian::Impl {
    Impl(const HistoryOptions& given, db::Pool& given_pool, metrics::Registry& given_registry, std::string owner)
        : options(given), pool(given_pool), registry(given_registry), leases(given_pool, std::move(owner), kLease) {}

    void run();
    Outcome round();
    // One transaction, under the lease.
    template <class Body>
    auto part(std::string_view work, Body body) {
        auto done = pool.transact([&](db::Tx& tx) {
            tx.set_statement_timeout(kLongPart);
            leases.fence(tx, held);
            return body(tx);
        });
        registry.counter(kParts, {{"work", std::string(work)}}).add();
        return done;
    }
    // As `part`; a table that is in use is left for the next round.
    template <class Body>
    bool if_free(std::string_view work, Body body) {
        try {
            return part(work, body);
        } catch (const db::DbError& error) {
            if (error.failure() != db::Failure::timeout) throw;
            registry.counter(kBusy).add();
            log::info("table_busy", "work", work);
            rest(kBusyPause);
            return false;
        }
    }
    void close_account();
    bool drop_old();
    // Whether it is to stop.
    bool rest(milliseconds time) {
        std::unique_lock lock(mutex);
        return wakes.wait_for(lock, time, [this] { return stopping; });
    }

    const HistoryOptions options;
    db::Pool& pool;
    metrics::Registry& registry;
    db::Leases leases;
    std::vector<db::Lease> held;
    Clock::time_point partitions_due{};
    bool failing = false;
    std::mutex mutex;  // of what follows
    std::condition_variable wakes;
    bool stopping = false;
    std::thread thread;
};

void Historian::Impl::run() {
    for (;;) {
        const auto began = Clock::now();
        const auto outcome = round();
        const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
        const auto pause = outcome == Outcome::busy ? std::max(took, kShortestRest) : outcome == Outcome::idle ? options.every : options.retry_after;
        if (rest(pause)) break;
    }
    if (held.empty()) return;
    try {
        leases.release({std::string(kLeaseName)});
    } catch (const std::exception&) {
        return;  // it expires
    }
}

Outcome Historian::Impl::round() {
    try {
        held = leases.hold({std::string(kLeaseName)}, 1);
        if (held.empty()) return Outcome::elsewhere;
        if (Clock::now() >= partitions_due) {
            if_free("partitions", [](db::Tx& tx) { make_partitions(tx); return true; });
            partitions_due = Clock::now() + kBetweenPartitions;
        }
        close_account();
        bool more = part("hours", [this](db::Tx& tx) { return roll_up_hours(tx, options); });
        more = part("again", [this](db::Tx& tx) { return roll_up_again(tx, options); }) || more;
        more = part("days", [this](db::Tx& tx) { return roll_up_days(tx, options); }) || more;
        more = if_free("pack", [this](db::Tx& tx) { return pack(tx, options); }) || more;
        more = part("fold", [](db::Tx& tx) { return fold_minutes(tx); }) || more;
        more = part("fold_hours", [this](db::Tx& tx) { return fold_hours(tx, options); }) || more;
        more = drop_old() || more;
        if (std::exchange(failing, false)) log::info("history_recovered");
        return more ? Outcome::busy : Outcome::idle;
    } catch (const std::exception& error) {
        if (!std::exchange(failing, true)) log::error("history_failed", "error", error.what());
        return Outcome::failed;
    }
}

void Historian::Impl::close_account() {
    for (const auto& closed : part("close", [](db::Tx& tx) { return close_minutes(tx); })) {
        const metrics::Labels labels{{"region", closed.region}};
        registry.counter(kExpected, labels).add(static_cast<std::uint64_t>(closed.expected));
        registry.counter(kExecuted, labels).add(static_cast<std::uint64_t>(closed.executed));
        registry.counter(kLate, labels).add(static_cast<std::uint64_t>(closed.late));
        registry.counter(kMissed, labels).add(static_cast<std::uint64_t>(closed.missed));
        if (closed.missed > 0 && closed.missed * 100 >= closed.expected * options.warn_missed) {
            log::warning("slots_missed", "region", closed.region, "missed", closed.missed, "expected", closed.expected, "since", to_rfc3339(closed.from));
        }
    }
}

bool Historian::Impl::drop_old() {
    const auto name = part("find_old", [this](db::Tx& tx) { return find_old_partition(tx, options); });
    if (name.empty()) return false;
    const bool dropped = if_free("drop", [&name](db::Tx& tx) { drop_partition(tx, name); return true; });
    if (!dropped) return false;
    registry.counter(kDropped).add();
    log::info("partition_dropped", "table", name);
    return true;
}

Historian::Historian(const HistoryOptions& options, db::Pool& pool, metrics::Registry& metrics, std::string owner)
    : impl_(std::make_unique<Impl>(options, pool, metrics, std::move(owner))) {}

Historian::~Historian() { stop(); }

void Historian::start() {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Historian::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wakes.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace sonde::history
