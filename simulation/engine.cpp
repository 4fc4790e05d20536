#include "simulation/engine.h"

#include <algorithm>

namespace sonde::simulation {
namespace {

constexpr milliseconds kLongestWait{500};  // the worker looks more often, and there is nothing to be seen in between
constexpr milliseconds kDoubtWait{200};    // while it waits for what becomes of another engine's monitor
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{1000};

}  // namespace

Engine::Engine(const World& world, std::string name) : Process(world.clockwork, std::move(name)), world_(world) {}

void Engine::begin() {
    owner_ = fmt::format("{}/{}", name(), life());
    clock_ = engine::StreamClock(now());
    world_.trace.line(name(), "starts");
    wake_by(now());
}

void Engine::forget() {
    // The server hears of it by the end of the connection.
    if (open_) clockwork().after(world_.dice.between(milliseconds{0}, milliseconds{200}), [this, lost = std::exchange(open_, nullptr)] { world_.database.roll_back(*lost); });
    for (int shard = 0; shard < kShards; ++shard) world_.bus.unsubscribe(*this, fmt::format("results.{}", shard));
    held_.clear();
    to_load_.clear();
    holdings_ = {};
    timers_ = {};
    inbox_.clear();
    batch_ = {};
    distrusted_ = following_ = busy_ = false;
    relations_changed_ = remote_changed_ = false;
    survey_.forget();
    reports_missing_since_.clear();
    next_report_ = next_arbitration_ = {};
    radius_changed_ = false;
    next_radius_ = {};
    next_renewal_ = next_look_ = next_commands_ = next_refresh_ = {};
    pause_ = milliseconds{0};
    alarm_at_ = TimePoint::max();
    ++alarm_;
}

void Engine::wake_by(TimePoint when) {
    if (busy_) return;
    if (alarm_at_ <= when && alarm_at_ >= now()) return;
    alarm_at_ = when;
    const auto number = ++alarm_;
    later(std::max(when - now(), milliseconds{0}), [this, number] {
        if (number == alarm_ && !busy_) round();
    });
}

// As the worker's: what is ours, what there is, one transaction.
void Engine::round() {
    busy_ = true;
    alarm_at_ = TimePoint::max();
    try {
        keep();
        gather();
        look_up_strangers();
        keep_regions();
        if (!batch_.empty()) return open_transaction();
        pause_ = milliseconds{0};
    } catch (const FencedOff& fenced) {
        return failed(true, fenced.what());
    } catch (const Unreachable& unreachable) {
        return failed(false, unreachable.what());
    }
    busy_ = false;
    auto next = now() + kLongestWait;
    if (const auto due = timers_.next(); due && inbox_.empty()) next = std::min(next, std::max(*due, now() + milliseconds{1}));
    if (!holdings_.doubting.empty() && !holdings_.relations.remote.empty()) next = std::min(next, now() + kDoubtWait);
    if (const auto edge = holdings_.relations.open.next_edge()) next = std::min(next, std::max(*edge, now() + milliseconds{1}));
    wake_by(next);
}

void Engine::failed(bool fenced, const char* why) {
    world_.trace.line(name(), "{}: {}", fenced ? "fenced" : "fails", why);
    next_look_ = {};
    if (world_.sabotage != Sabotage::trust_memory) distrusted_ = true;
    if (fenced) {
        next_renewal_ = {};
    } else {
        pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    }
    next_commands_ = {};
    busy_ = false;
    wake_by(now() + pause_);
}

void Engine::arm(MonitorId monitor) {
    const auto found = holdings_.monitors.find(monitor);
    if (found == holdings_.monitors.end()) return;
    auto& watched = found->second;
    const auto since = listening_since_[static_cast<std::size_t>(watched.shard)];
    if (const auto at = decision::next_tick(watched.state, watched.definition, clock_.now(), since)) timers_.arm(watched, *at);
}

}  // namespace sonde::simulation
