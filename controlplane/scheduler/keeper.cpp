#include "controlplane/scheduler/keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "lib/log/log.h"

namespace sonde::scheduler {
namespace {

using Clock = std::chrono::steady_clock;

// Rows of `change` are removed after an hour: after a longer gap everything is loaded again.
constexpr std::chrono::minutes kLongestGap{30};
// A cursor this far ahead was written under a wrong clock.
constexpr milliseconds kClockTolerance{60'000};
constexpr milliseconds kClockWarning{1'000};
constexpr milliseconds kDrainStep{10};

}  // namespace

Keeper::Keeper(const SchedulerConfig& config, db::Pool& pool, const crypto::SecretBox& secrets, SharedDispatcher& shared,
               SchedulerMetrics& metrics, std::string owner, std::function<void()> on_regions)
    : config_(config),
      pool_(pool),
      secrets_(secrets),
      shared_(shared),
      metrics_(metrics),
      owner_(std::move(owner)),
      on_regions_(std::move(on_regions)),
      members_(pool, owner_, config.lease),
      leases_(pool, owner_, config.lease) {}

MonotonicPoint Keeper::next_due() const {
    const bool closing = std::any_of(held_.begin(), held_.end(), [](const auto& item) { return item.second.closing; });
    if (closing || !to_take_.empty()) return Clock::now();
    return std::min({next_renewal_, next_poll_, next_cursor_});
}

void Keeper::round(bool changed) {
    if (start_over_.exchange(false)) {
        for (const auto share : shares()) lose(share, "clock_set_back");
        next_renewal_ = {};
    }
    if (Clock::now() >= next_renewal_) renew();
    // Regions and the mark of the changes come before the definitions that depend on them.
    if (changed || Clock::now() >= next_poll_ || !changes_.begun()) follow_changes();
    take_some();
    if (!to_take_.empty()) return;
    if (Clock::now() >= next_cursor_) move_cursors();
    finish_closing();
}

std::vector<int> Keeper::shares() const {
    std::vector<int> found;
    for (const auto& [share, held] : held_) found.push_back(share);
    return found;
}

// Those we have come first, lest they be exchanged for others.
std::vector<std::string> Keeper::wanted_names() const {
    std::vector<std::string> names;
    for (const auto& [share, held] : held_) names.push_back(share_lease(share));
    for (int share = 0; share < kSchedulerShares; ++share) {
        if (!held_.contains(share)) names.push_back(share_lease(share));
    }
    return names;
}

void Keeper::renew() {
    const auto asked = Clock::now();
    members_.hold({member_lease(owner_)}, 1);
    const auto before = wall_now();
    const auto members = count_members(pool_);
    watch_clock(before, members.database_now, wall_now());
    const auto live = static_cast<std::size_t>(members.live);
    const auto allowed = (kSchedulerShares + live - 1) / live;
    // What is beyond our part is handed over with its cursor, not dropped: so it is renewed until then.
    const auto leases = leases_.hold(wanted_names(), std::max(allowed, held_.size()));

    to_take_.clear();
    for (const auto& lease : leases) {
        if (const auto share = share_of_lease(lease.name)) to_take_.emplace(*share, lease);
    }
    for (const auto share : shares()) {
        const auto still = to_take_.find(share);
        if (still == to_take_.end() || still->second.epoch != held_.at(share).lease.epoch) {
            lose(share, "lease_lost");
        } else {
            to_take_.erase(still);
        }
    }
    close_surplus(allowed);
    last_renewed_ = asked.time_since_epoch().count();
    next_renewal_ = asked + config_.renew_every;
}

void Keeper::watch_clock(TimePoint before, TimePoint database, TimePoint after) {
    const auto difference = before + (after - before) / 2 - database;
    metrics_.clock_difference.set(std::chrono::duration<double>(difference).count());
    const bool wrong = std::chrono::abs(difference) > kClockWarning;
    if (wrong && !clock_told_) log::warning("clock_differs", "from", "database", "by_ms", difference.count());
    if (!wrong && clock_told_) log::info("clock_agrees", "with", "database");
    clock_told_ = wrong;
}

// Loads what we hold, and leaves the rest for the next round if that takes so long that the leases must be renewed.
void Keeper::take_some() {
    std::string taken;
    std::size_t monitors = 0;
    while (!to_take_.empty() && Clock::now() < next_renewal_) {
        const auto [share, lease] = *to_take_.begin();
        monitors += take(share, lease);
        to_take_.erase(share);
        taken += fmt::format("{}{}", taken.empty() ? "" : ",", share);
    }
    if (!taken.empty()) log::info("shares_taken", "shares", taken, "monitors", monitors, "owned", held_.size());
}

// Returns the number of its monitors.
std::size_t Keeper::take(int share, const db::Lease& lease) {
    const auto now = wall_now();
    const auto cursor = open_cursor(pool_, leases_, lease, share, now);
    auto start = cursor;
    if (cursor > now + kClockTolerance) {
        log::error("scheduler_cursor_ahead", "share", share, "cursor", to_rfc3339(cursor), "now", to_rfc3339(now));
        start = now;
    }
    auto definitions = load_share(pool_, secrets_, share);
    const auto count = definitions.size();
    {
        const std::lock_guard lock(shared_.mutex);
        shared_.dispatcher.take_share(share, cursor, start, std::move(definitions), wall_now());
    }
    held_[share] = Held{lease, false, {}};
    metrics_.takeovers.add();
    log::debug("share_taken", "share", share, "epoch", lease.epoch, "monitors", count, "cursor", to_rfc3339(cursor));
    return count;
}

void Keeper::lose(int share, const char* why) {
    forget(share);
    log::warning("share_lost", "share", share, "why", why);
}

void Keeper::forget(int share) {
    {
        const std::lock_guard lock(shared_.mutex);
        shared_.dispatcher.drop_share(share);
    }
    held_.erase(share);
    std::erase_if(unwritten_, [share](const CursorMove& move) { return move.share == share; });
}

void Keeper::close_surplus(std::size_t allowed) {
    auto open = static_cast<std::size_t>(std::count_if(held_.begin(), held_.end(), [](const auto& item) { return !item.second.closing; }));
    for (auto item = held_.rbegin(); item != held_.rend() && open > allowed; ++item) {
        if (item->second.closing) continue;
        item->second.closing = true;
        item->second.close_by = Clock::now() + config_.drain;
        const std::lock_guard lock(shared_.mutex);
        shared_.dispatcher.close_share(item->first);
        --open;
    }
}

// Gives up the shares that are closing and settled, or have waited long enough: their successor publishes again what is left.
void Keeper::finish_closing() {
    std::set<int> done;
    {
        const std::lock_guard lock(shared_.mutex);
        for (const auto& [share, held] : held_) {
            if (held.closing && (shared_.dispatcher.is_settled(share) || Clock::now() >= held.close_by)) done.insert(share);
        }
    }
    if (done.empty()) return;
    move_cursors();
    std::vector<std::string> names;
    for (const auto share : done) {
        if (!held_.contains(share)) continue;
        names.push_back(share_lease(share));
        forget(share);
    }
    leases_.release(names);
    log::info("shares_handed_over", "shares", names.size(), "owned", held_.size());
}

void Keeper::hand_over() {
    close_surplus(0);
    const auto all_settled = [this] {
        const std::lock_guard lock(shared_.mutex);
        return std::all_of(held_.begin(), held_.end(), [this](const auto& item) { return shared_.dispatcher.is_settled(item.first); });
    };
    const auto deadline = Clock::now() + config_.drain;
    while (!all_settled() && Clock::now() < deadline) std::this_thread::sleep_for(kDrainStep);
    for (auto& [share, held] : held_) held.close_by = {};
    to_take_.clear();
    finish_closing();
    leases_.release(wanted_names());
    members_.release({member_lease(owner_)});
}

void Keeper::follow_changes() {
    const auto now = Clock::now();
    if (changes_.begun() && now - last_poll_ > kLongestGap) {
        for (const auto share : shares()) lose(share, "changes_missed");
        changes_.restart();
        stale_monitors_.clear();
        stale_sites_.clear();
        stale_regions_ = true;
        next_renewal_ = {};
    }
    // What was read is remembered until it is loaded: reading tells it only once.
    const auto changes = changes_.read(pool_);
    last_poll_ = now;
    stale_monitors_.insert(changes.monitors.begin(), changes.monitors.end());
    stale_sites_.insert(changes.sites.begin(), changes.sites.end());
    stale_regions_ = stale_regions_ || changes.regions;
    if (stale_regions_) {
        const auto names = load_regions(pool_);
        {
            const std::lock_guard lock(shared_.mutex);
            shared_.dispatcher.set_regions(names);
        }
        stale_regions_ = false;
        on_regions_();
    }
    if (!stale_sites_.empty()) reload_sites();
    if (!stale_monitors_.empty()) reload_monitors();
    next_poll_ = now + config_.poll_every;
}

// Finds the monitors that a change of their site starts or stops; most such changes do neither.
void Keeper::reload_sites() {
    const auto found = load_site_status(pool_, shares(), {stale_sites_.begin(), stale_sites_.end()});
    const std::lock_guard lock(shared_.mutex);
    const auto& roster = shared_.dispatcher.roster();
    for (const auto& monitor : found) {
        if (!monitor.runs) {
            shared_.dispatcher.remove(monitor.id);
        } else if (!roster.find(monitor.id)) {
            stale_monitors_.insert(monitor.id.value());
        }
    }
    stale_sites_.clear();
}

void Keeper::reload_monitors() {
    const std::vector<std::int64_t> asked(stale_monitors_.begin(), stale_monitors_.end());
    auto definitions = load_monitors(pool_, secrets_, shares(), asked);
    const std::lock_guard lock(shared_.mutex);
    for (const auto& definition : definitions) stale_monitors_.erase(definition.id.value());
    for (const auto gone : stale_monitors_) shared_.dispatcher.remove(MonitorId{gone});
    stale_monitors_.clear();
    const auto now = wall_now();
    for (auto& definition : definitions) shared_.dispatcher.put(std::move(definition), now);
}

void Keeper::move_cursors() {
    std::vector<std::string> region_names;
    {
        const std::lock_guard lock(shared_.mutex);
        if (unwritten_.empty()) unwritten_ = shared_.dispatcher.collect_moves();
        const auto& roster = shared_.dispatcher.roster();
        for (std::size_t index = 0; index < roster.regions_known(); ++index) {
            region_names.push_back(roster.region_name(static_cast<RegionIndex>(index)));
        }
    }
    next_cursor_ = Clock::now() + config_.cursor_every;
    if (unwritten_.empty()) return;
    std::vector<db::Lease> leases;
    for (const auto& move : unwritten_) leases.push_back(held_.at(move.share).lease);
    try {
        const auto outcomes = write_moves(pool_, leases_, leases, unwritten_, region_names);
        const auto moves = std::exchange(unwritten_, {});
        metrics_.cursor_moves.add();
        for (std::size_t i = 0; i < moves.size(); ++i) {
            if (outcomes[i] == MoveOutcome::astray) lose(moves[i].share, "cursor_astray");
        }
    } catch (const db::Fenced& fenced) {
        // Some lease went to another: which, the next renewal says, and the others' moves are written after it.
        log::warning("scheduler_fenced", "error", fenced.what());
        next_renewal_ = {};
        next_cursor_ = {};
    }
}

}  // namespace sonde::scheduler
