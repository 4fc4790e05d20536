#include "incident-engine/telling.h"

#include <algorithm>

#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kRelayTask = "task/relay";
constexpr std::string_view kCoverageTask = "task/coverage";
constexpr std::string_view kArbiterTask = "task/arbiter";
constexpr std::string_view kMaintenanceTask = "task/maintenance";
constexpr milliseconds kLookEvery{1000};
constexpr milliseconds kArbitrateEvery{500};
constexpr milliseconds kPause{1000};  // between looks at the outbox without a nudge, and after a failure

const std::vector<std::string> kTasks{std::string(kRelayTask), std::string(kCoverageTask), std::string(kArbiterTask), std::string(kMaintenanceTask)};

}  // namespace

Telling::Telling(Options options, db::Pool& pool, bus::Bus& bus, Metrics& metrics)
    : options_(std::move(options)),
      leases_(pool, options_.owner, options_.lease),
      relay_(pool, bus, metrics),
      coverage_(pool, options_.agent_silence),
      arbiter_(pool, options_.arbitration, metrics),
      maintenance_(pool) {}

Telling::~Telling() { stop(); }

void Telling::start() {
    thread_ = std::thread([this] { run(); });
}

void Telling::stop(bool as_a_crash) {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        crash_ = crash_ || as_a_crash;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Telling::nudge() {
    {
        const std::scoped_lock lock(mutex_);
        nudged_ = true;
    }
    wake_.notify_all();
}

void Telling::commands_waiting() {
    commands_ = true;
    nudge();
}

void Telling::windows_changed() {
    maintenance_.changed();
    nudge();
}

// No longer than until the next window begins or ends.
milliseconds Telling::pause() const {
    const auto edge = holds(kMaintenanceTask) ? maintenance_.next_edge() : std::nullopt;
    return edge ? std::clamp(*edge - wall_now(), milliseconds{0}, kPause) : kPause;
}

void Telling::run() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, pause(), [this] { return nudged_ || stopping_; });
            if (stopping_) break;
            nudged_ = false;
        }
        try {
            round();
            if (std::exchange(failing_, false)) log::info("telling_again");
        } catch (const std::exception& error) {
            if (!std::exchange(failing_, true)) log::error("cannot_tell", "error", error.what());
            held_.clear();
            next_renewal_ = {};
            coverage_.begin_anew();
            maintenance_.begin_anew();
            std::unique_lock lock(mutex_);  // nudges must not make this a busy loop
            wake_.wait_for(lock, kPause, [this] { return stopping_; });
        }
    }
    if (crash_ || held_.empty()) return;
    try {
        leases_.release(kTasks);
    } catch (const db::DbError& error) {
        log::warning("tasks_not_released", "error", error.what());  // they expire
    }
}

bool Telling::holds(std::string_view name) const {
    return std::any_of(held_.begin(), held_.end(), [&](const db::Lease& lease) { return lease.name == name; });
}

std::function<void(db::Tx&)> Telling::fence_by(std::string_view name) {
    return [this, name](db::Tx& tx) {
        for (const auto& lease : held_) {
            if (lease.name == name) leases_.fence(tx, {lease});
        }
    };
}

void Telling::round() {
    const bool covered_before = holds(kCoverageTask);
    const bool kept_windows_before = holds(kMaintenanceTask);
    if (Clock::now() >= next_renewal_) {
        held_ = leases_.hold(kTasks, kTasks.size());
        next_renewal_ = Clock::now() + options_.lease / 3;
    }
    if (!covered_before && holds(kCoverageTask)) coverage_.begin_anew();
    if (holds(kCoverageTask) && Clock::now() >= next_look_) {
        next_look_ = Clock::now() + kLookEvery;
        coverage_.step(fence_by(kCoverageTask));
    }
    if (holds(kArbiterTask)) {
        const bool due = Clock::now() >= next_arbitration_;
        if (due) next_arbitration_ = Clock::now() + kArbitrateEvery;
        if ((commands_.exchange(false) || due) && arbiter_.answer(fence_by(kArbiterTask))) nudge();
        if (due && arbiter_.step(fence_by(kArbiterTask))) nudge();
    } else {
        arbiter_.stand_by();
    }
    if (holds(kMaintenanceTask)) {
        if (!kept_windows_before) maintenance_.begin_anew();
        if (maintenance_.step(fence_by(kMaintenanceTask))) nudge();
    }
    if (holds(kRelayTask) && relay_.step()) nudge();
}

}  // namespace sonde::engine
