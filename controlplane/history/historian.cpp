#include "controlplane/history/historian.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "controlplane/history/account.h"
#include "controlplane/history/gap_event.h"
#include "controlplane/history/packing.h"
#include "controlplane/history/rollups.h"
#include "controlplane/retention/retention.h"
#include "lib/db/lease.h"
#include "lib/log/log.h"

namespace sonde::history {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kParts{"sonde_history_parts_total", "Parts of the work on the past that were done, by work."};
constexpr metrics::Family kBusy{"sonde_history_table_busy_total", "Times that a partition was left for later, so that nobody waits for its lock."};
constexpr metrics::Family kFailed{"sonde_history_failures_total", "Parts of the work on the past that failed and are tried again later, by work."};
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
        : configured(given), options(given), pool(given_pool), registry(given_registry), leases(given_pool, std::move(owner), kLease) {}

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
    // As `part`, and false if it failed: a table that is in use, or a defect of one work, is left for later and stops no other.
    template <class Body>
    bool attempt(std::string_view work, Body body) {
        try {
            const bool more = part(work, body);
            if (std::erase(ill, work) > 0) log::info("history_recovered", "work", work);
            return more;
        } catch (const db::DbError& error) {
            if (error.failure() == db::Failure::unavailable) throw;
            if (error.failure() == db::Failure::timeout) {
                registry.counter(kBusy).add();
                log::info("table_busy", "work", work);
                rest(kBusyPause);
                return false;
            }
            registry.counter(kFailed, {{"work", std::string(work)}}).add();
            if (std::find(ill.begin(), ill.end(), work) == ill.end()) {
                ill.emplace_back(work);
                log::error("history_failed", "work", work, "error", error.what());
            }
            return false;
        }
    }
    void tell_closed();
    bool drop_old(db::Tx& tx);
    // Whether it is to stop.
    bool rest(milliseconds time) {
        std::unique_lock lock(mutex);
        return wakes.wait_for(lock, time, [this] { return stopping; });
    }

    const HistoryOptions configured;
    HistoryOptions options;  // of this round: with what the settings say
    db::Pool& pool;
    metrics::Registry& registry;
    db::Leases leases;
    std::vector<db::Lease> held;
    Clock::time_point partitions_due{};
    bool failing = false;
    std::vector<std::string> ill;  // works that failed last
    std::vector<Closed> closed;    // by the transaction that has just committed
    std::string dropped;           // likewise
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
        const auto said = pool.transact([](db::Tx& tx) { return retention::load(tx); });
        options.keep_results = said.of(retention::Kept::results, configured.keep_results);
        options.keep_hours = said.of(retention::Kept::hourly_rollups, configured.keep_hours);
        if (Clock::now() >= partitions_due) {
            attempt("partitions", [](db::Tx& tx) { make_partitions(tx); return false; });
            partitions_due = Clock::now() + kBetweenPartitions;
        }
        attempt("close", [this](db::Tx& tx) {
            closed = close_minutes(tx);
            tell_gaps(tx, closed, options);
            return false;
        });
        tell_closed();
        bool more = attempt("hours", [this](db::Tx& tx) { return roll_up_hours(tx, options); });
        more = attempt("again", [this](db::Tx& tx) { return roll_up_again(tx, options); }) || more;
        more = attempt("days", [this](db::Tx& tx) { return roll_up_days(tx, options); }) || more;
        more = attempt("pack", [this](db::Tx& tx) { return pack(tx, options); }) || more;
        more = attempt("fold", [](db::Tx& tx) { return fold_minutes(tx); }) || more;
        more = attempt("fold_hours", [this](db::Tx& tx) { return fold_hours(tx, options); }) || more;
        if (attempt("drop", [this](db::Tx& tx) { return drop_old(tx); })) {
            registry.counter(kDropped).add();
            log::info("partition_dropped", "table", dropped);
            more = true;
        }
        if (std::exchange(failing, false)) log::info("history_recovered");
        return more ? Outcome::busy : Outcome::idle;
    } catch (const std::exception& error) {
        if (!std::exchange(failing, true)) log::error("history_failed", "error", error.what());
        return Outcome::failed;
    }
}

void Historian::Impl::tell_closed() {
    for (const auto& of_region : std::exchange(closed, {})) {
        const metrics::Labels labels{{"region", of_region.region}};
        registry.counter(kExpected, labels).add(static_cast<std::uint64_t>(of_region.expected));
        registry.counter(kExecuted, labels).add(static_cast<std::uint64_t>(of_region.executed));
        registry.counter(kLate, labels).add(static_cast<std::uint64_t>(of_region.late));
        registry.counter(kMissed, labels).add(static_cast<std::uint64_t>(of_region.missed));
    }
}

bool Historian::Impl::drop_old(db::Tx& tx) {
    dropped = find_old_partition(tx, options);
    if (dropped.empty()) return false;
    drop_partition(tx, dropped);
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
