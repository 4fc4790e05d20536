#include "controlplane/drill/drills.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "controlplane/drill/store.h"
#include "lib/calendar/schedule.h"
#include "lib/db/lease.h"
#include "lib/log/log.h"

namespace sonde::drill {
namespace {

constexpr metrics::Family kRuns{"sonde_drill_runs_total", "Fire drills that ended, by outcome: `passed`, or why they failed."};
constexpr metrics::Family kPage{"sonde_drill_page_seconds", "Of the last fire drill that passed, from the first check that failed to when the receiver had taken the page."};

constexpr std::string_view kLeaseName = "task/drills";
constexpr milliseconds kLease{20'000};
constexpr milliseconds kEvery{1'000};
constexpr milliseconds kRetryAfter{5'000};

bool is_due(const Waiting& drill, TimePoint now) {
    const auto zone = calendar::Zone::find(drill.time_zone);
    if (!zone) return false;
    const auto schedule = calendar::Schedule::parse(calendar::kind_of(drill.schedule), drill.schedule, *zone);
    if (!schedule) return false;
    const auto next = schedule->next_after(drill.since);
    return next && *next <= now;
}

}  // namespace

struct Drills::Impl {
    Impl(db::Pool& given_pool, metrics::Registry& given_registry, std::string owner)
        : pool(given_pool), registry(given_registry), leases(given_pool, std::move(owner), kLease) {}

    void run();
    bool round();
    void follow(db::Tx& tx, const Open& one);

    db::Pool& pool;
    metrics::Registry& registry;
    db::Leases leases;
    std::vector<std::pair<std::string, std::optional<milliseconds>>> ended;  // outcomes of the transaction under way, and how long a page took
    bool failing = false;
    std::mutex mutex;  // of what follows
    std::condition_variable wakes;
    bool stopping = false;
    std::thread thread;
};

void Drills::Impl::run() {
    for (;;) {
        const bool held = round();
        std::unique_lock lock(mutex);
        if (wakes.wait_for(lock, held ? kEvery : kRetryAfter, [this] { return stopping; })) return;
    }
}

bool Drills::Impl::round() {
    try {
        const auto held = leases.keep({std::string(kLeaseName)});
        if (held.empty()) return false;
        pool.transact([&](db::Tx& tx) {
            ended.clear();
            leases.fence(tx, held);
            for (const auto& one : waiting(tx)) {
                if (is_due(one, wall_now())) ask(tx, one.id);
            }
            for (const auto& one : open(tx)) follow(tx, one);
        });
        for (const auto& [outcome, took] : ended) {
            registry.counter(kRuns, {{"outcome", outcome}}).add();
            if (took) registry.gauge(kPage).set(std::chrono::duration<double>(*took).count());
        }
        if (std::exchange(failing, false)) log::info("drills_recovered");
        return true;
    } catch (const std::exception& error) {
        if (!std::exchange(failing, true)) log::error("drills_failed", "error", error.what());
        return false;
    }
}

void Drills::Impl::follow(db::Tx& tx, const Open& one) {
    if (!one.begun && begin(tx, one)) {
        log::info("drill_began", "drill", one.drill.text(), "run", one.id.text());
        return;
    }
    const auto seen = one.begun ? look(tx, one) : Seen{};
    const auto outcome = one.begun ? judge(seen.progress, seen.now, one.fails_until) : Outcome{RunState::failed, Reason::monitor_silent};
    keep(tx, one, seen, outcome);
    if (outcome.state == RunState::running) return;
    const bool passed = outcome.state == RunState::passed;
    std::optional<milliseconds> took;
    if (passed && seen.progress.failed_check_at) took = std::chrono::duration_cast<milliseconds>(*seen.progress.told_at - *seen.progress.failed_check_at);
    ended.emplace_back(passed ? "passed" : std::string(name_of(outcome.reason)), took);
    if (passed) {
        log::info("drill_passed", "drill", one.drill.text(), "run", one.id.text(), "page_ms", took.value_or(milliseconds{0}).count());
    } else {
        log::warning("drill_failed", "drill", one.drill.text(), "run", one.id.text(), "reason", name_of(outcome.reason));
    }
}

Drills::Drills(db::Pool& pool, metrics::Registry& metrics, std::string owner) : impl_(std::make_unique<Impl>(pool, metrics, std::move(owner))) {}

Drills::~Drills() { stop(); }

void Drills::start() {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Drills::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wakes.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
    try {
        impl_->leases.release({std::string(kLeaseName)});
    } catch (const std::exception&) {
        return;  // it expires
    }
}

}  // namespace sonde::drill
