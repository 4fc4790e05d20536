#include "controlplane/scheduler/scheduler.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "controlplane/scheduler/keeper.h"
#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::scheduler {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kClockStep{60'000};  // a clock set back by more makes us load everything again
constexpr milliseconds kAfterFailure{500};
constexpr milliseconds kBetweenChanges{100};  // at least, however many notifications come

struct Answer {
    BatchId batch;
    bus::PublishOutcome outcome;
    TimePoint at;
};

// Where the bus leaves its answers, also those that come after the scheduler is gone.
struct Answers {
    std::mutex mutex;
    std::vector<Answer> items;
    std::set<std::string> missing;  // regions without a stream
    void add(const Answer& answer, const std::string& region) {
        const std::lock_guard lock(mutex);
        items.push_back(answer);
        if (answer.outcome == bus::PublishOutcome::no_stream) missing.insert(region);
    }
};

}  // namespace

struct Scheduler::Impl {
    Impl(const SchedulerConfig& given, db::Pool& pool, const crypto::SecretBox& secrets, Secret given_dsn, bus::Bus& given_bus,
         metrics::Registry& registry, std::string owner, Hooks given_hooks)
        : config(given),
          dsn(std::move(given_dsn)),
          bus(given_bus),
          hooks(std::move(given_hooks)),
          metrics(registry),
          shared(dispatch_limits(given), metrics,
                 [this](BatchId id, const std::string& region, std::string text, milliseconds deadline) {
                     publish(id, region, text, deadline);
                 },
                 wall_now()),
          keeper(config, pool, secrets, shared, metrics, std::move(owner), [this] { hooks.regions_changed(); }) {}

    void publish(BatchId id, const std::string& region, const std::string& text, milliseconds deadline) {
        auto& subject = subjects[region];
        if (subject.empty()) subject = message::subject::jobs(region);
        bus.publish_to_stream(
            subject, text,
            [to = answers, id, region](bus::PublishOutcome outcome) { to->add({id, outcome, wall_now()}, region); }, deadline);
    }

    void pace();
    void tick();
    void feed();
    void end_threads();

    const SchedulerConfig& config;
    Secret dsn;
    bus::Bus& bus;
    Hooks hooks;
    SchedulerMetrics metrics;
    std::shared_ptr<Answers> answers = std::make_shared<Answers>();
    std::map<std::string, std::string> subjects;  // by region; the pacing thread's
    SharedDispatcher shared;
    Keeper keeper;

    std::mutex mutex;  // of what follows
    std::condition_variable pacer_wakes;
    std::condition_variable feeder_wakes;
    bool stop_pacer = false;
    bool stop_feeder = false;
    bool hand_over = false;
    bool changed = false;

    std::atomic<bool> round_failed{false};
    std::optional<db::Listener> listener;
    std::thread pacer;
    std::thread feeder;
};

// ── Pacing ───────────────────────────────────────────────────────────────────────────────────────────────────────────

void Scheduler::Impl::pace() {
    auto next = Clock::now();
    for (;;) {
        {
            std::unique_lock lock(mutex);
            if (pacer_wakes.wait_until(lock, next, [this] { return stop_pacer; })) return;
        }
        const auto begun = Clock::now();
        tick();
        const auto ended = Clock::now();
        metrics.tick.observe(std::chrono::duration<double>(ended - begun).count());
        next += config.tick;
        if (next < ended) next = ended;  // ticks that were missed are not made up for: the next meets all their slots
    }
}

void Scheduler::Impl::tick() {
    std::vector<Answer> arrived;
    std::set<std::string> missing;
    {
        const std::lock_guard lock(answers->mutex);
        arrived.swap(answers->items);
        missing.swap(answers->missing);
    }
    {
        const std::lock_guard lock(shared.mutex);
        for (const auto& answer : arrived) shared.dispatcher.answered(answer.batch, answer.outcome, answer.at);
        const auto now = wall_now();
        const auto reached = shared.dispatcher.reached();
        if (reached && now < *reached - kClockStep) {
            if (keeper.start_over()) log::error("clock_set_back", "by_ms", (*reached - now).count());
        } else if (Clock::now() - keeper.last_renewed() < config.lease + config.lease_grace) {
            shared.dispatcher.tick(now);
        }
    }
    for (const auto& region : missing) hooks.stream_missing(region);
}

// ── Feeding ──────────────────────────────────────────────────────────────────────────────────────────────────────────

void Scheduler::Impl::feed() {
    for (;;) {
        bool look = false;
        {
            std::unique_lock lock(mutex);
            look = std::exchange(changed, false);
            if (stop_feeder) break;
        }
        auto earliest = Clock::now() + kBetweenChanges;
        try {
            keeper.round(look);
            if (round_failed.exchange(false)) log::info("scheduler_recovered");
        } catch (const std::exception& error) {
            metrics.database_failures.add();
            if (!round_failed.exchange(true)) log::warning("scheduler_round_failed", "error", error.what());
            earliest = Clock::now() + kAfterFailure;
            const std::lock_guard lock(mutex);
            changed = changed || look;
        }
        std::unique_lock lock(mutex);
        feeder_wakes.wait_until(lock, earliest, [this] { return stop_feeder; });
        feeder_wakes.wait_until(lock, std::max(earliest, keeper.next_due()), [this] { return stop_feeder || changed; });
    }
    if (!hand_over) return;
    try {
        keeper.hand_over();
    } catch (const std::exception& error) {
        log::warning("scheduler_handover_failed", "error", error.what());
    }
}

void Scheduler::Impl::end_threads() {
    const auto end = [this](bool& flag, std::condition_variable& wakes, std::thread& thread) {
        {
            const std::lock_guard lock(mutex);
            flag = true;
        }
        wakes.notify_all();
        if (thread.joinable()) thread.join();
    };
    listener.reset();
    end(stop_feeder, feeder_wakes, feeder);
    end(stop_pacer, pacer_wakes, pacer);
}

// ── The class ────────────────────────────────────────────────────────────────────────────────────────────────────────

Scheduler::Scheduler(const SchedulerConfig& config, db::Pool& pool, const crypto::SecretBox& secrets, Secret dsn, bus::Bus& bus,
                     metrics::Registry& metrics, std::string owner, Hooks hooks)
    : impl_(std::make_unique<Impl>(config, pool, secrets, std::move(dsn), bus, metrics, std::move(owner), std::move(hooks))) {}

Scheduler::~Scheduler() { impl_->end_threads(); }

void Scheduler::start() {
    auto& impl = *impl_;
    impl.listener.emplace(impl.dsn, std::vector<std::string>{"sonde_change"}, [&impl](std::string_view) {
        {
            const std::lock_guard lock(impl.mutex);
            impl.changed = true;
        }
        impl.feeder_wakes.notify_all();
    });
    impl.pacer = std::thread([&impl] { impl.pace(); });
    impl.feeder = std::thread([&impl] { impl.feed(); });
}

void Scheduler::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->hand_over = true;
    }
    impl_->end_threads();
}

std::string Scheduler::trouble() const {
    const auto renewed = impl_->keeper.last_renewed();
    if (renewed == MonotonicPoint{}) return "the database has not been reached yet";
    const auto age = std::chrono::duration_cast<seconds>(Clock::now() - renewed);
    if (age > impl_->config.lease) return fmt::format("leases were last renewed {} s ago", age.count());
    return {};
}

}  // namespace sonde::scheduler
