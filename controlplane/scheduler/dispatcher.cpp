#include "controlplane/scheduler/dispatcher.h"

#include <algorithm>
#include <utility>

namespace sonde::scheduler {

namespace {
// What a job adds to its template in a message, at most.
constexpr std::size_t kJobOverhead = 160;
constexpr milliseconds kShortestDeadline{500};
constexpr milliseconds kSweepPeriod{1'000};
}  // namespace

Dispatcher::Dispatcher(const DispatchLimits& limits, SchedulerMetrics& metrics, Publish publish, TimePoint start)
    : limits_(limits), metrics_(metrics), publish_(std::move(publish)), wheel_(start), last_sweep_(start) {}

void Dispatcher::set_regions(const std::vector<std::string>& names) {
    roster_.set_regions(names);
    for (auto index = regions_.size(); index < roster_.regions_known(); ++index) {
        const auto& name = roster_.region_name(static_cast<RegionIndex>(index));
        regions_.push_back(std::make_unique<Region>(limits_.queue, metrics_.registry, name));
    }
    for (RegionIndex index = 0; index < regions_.size(); ++index) {
        if (roster_.region_exists(index)) continue;
        for (const auto& batch : regions_[index]->queue.clear()) {
            for (const auto& job : batch.jobs) give_up(batch.tick, index, job, Skip::no_region);
        }
    }
}

void Dispatcher::take_share(int share, TimePoint cursor, TimePoint start, std::vector<Definition> definitions, TimePoint now) {
    drop_share(share);
    const auto from = std::max(start, now - limits_.account_back);
    slot_of(share).emplace(Share{.account = ShareAccount(start), .written = cursor, .closing = false});
    for (auto& definition : definitions) {
        if (definition.share != share) continue;
        const auto after = std::max(from, definition.created_at);
        schedule(roster_.put(std::move(definition)), after, now);
    }
}

void Dispatcher::close_share(int share) {
    auto& owned = slot_of(share);
    if (!owned || owned->closing) return;
    owned->closing = true;
    for (const auto place : roster_.of_share(share)) wheel_.remove(place);
}

bool Dispatcher::is_settled(int share) const { return !slot_of(share) || slot_of(share)->account.quiet(); }

void Dispatcher::drop_share(int share) {
    if (!slot_of(share)) return;
    slot_of(share).reset();
    for (const auto place : roster_.of_share(share)) {
        wheel_.remove(place);
        roster_.remove(place);
    }
}

void Dispatcher::put(Definition definition, TimePoint now) {
    const auto& share = slot_of(definition.share);
    if (!share || share->closing) return;
    const auto* known = roster_.find(definition.id);
    if (known == nullptr) {
        schedule(roster_.put(std::move(definition)), std::max(now, share->account.reached()), now);
        return;
    }
    const auto place = *known;
    if (roster_.at(place).revision == definition.revision) return;
    const auto timing = roster_.at(place).timing;
    roster_.put(std::move(definition));
    if (roster_.at(place).timing == timing) return;
    wheel_.remove(place);
    schedule(place, share->account.reached(), now);
}

void Dispatcher::remove(MonitorId monitor) {
    const auto* place = roster_.find(monitor);
    if (place == nullptr) return;
    wheel_.remove(*place);
    roster_.remove(*place);
}

// Counts the slots from `first` to `dead`, which nobody may start any more, and sets the next one after them.
void Dispatcher::skip_until(Monitor& monitor, Slot first, TimePoint dead, Tick tick) {
    Counts counts;
    count_slots(monitor.placement, roster_.regions_of(monitor), monitor.timing, first - milliseconds{1}, dead, true, counts);
    for (const auto& [key, count] : counts) {
        regions_[key.second]->metrics.skipped[static_cast<std::size_t>(Skip::late)]->add(static_cast<std::uint64_t>(count.skipped));
    }
    slot_of(monitor.share)->account.expect_skipped(tick, counts);
    monitor.next = slot_after(monitor.timing, dead);
}

// Sets the first slot after `after` that is worth a check; those between are counted with the coming tick.
void Dispatcher::schedule(Place place, TimePoint after, TimePoint now) {
    auto& monitor = roster_.at(place);
    monitor.next = slot_after(monitor.timing, after);
    const auto dead = now - start_window(monitor.timing.interval) - milliseconds{1};
    if (monitor.next <= dead) skip_until(monitor, monitor.next, dead, tick_ + 1);
    wheel_.insert(place, monitor.next);
}

void Dispatcher::meet(Place place, TimePoint horizon, TimePoint now) {
    auto& monitor = roster_.at(place);
    const auto dead = now - start_window(monitor.timing.interval) - milliseconds{1};
    if (monitor.next <= dead) skip_until(monitor, monitor.next, dead, tick_);
    auto& account = slot_of(monitor.share)->account;
    const auto bytes = static_cast<std::uint32_t>(monitor.job.text().size() + kJobOverhead);
    for (; monitor.next <= horizon; monitor.next += monitor.timing.interval) {
        const JobRef job{monitor.next, place, monitor.generation & 0xffffffU, monitor.share};
        const auto minute = minute_of(monitor.next);
        for_each_region(monitor.placement, roster_.regions_of(monitor), monitor.timing, monitor.next, [&](RegionIndex region) {
            account.expect(tick_, minute, region);
            jobs_.push_back({job, region, monitor.timeout_class, bytes});
        });
    }
    wheel_.insert(place, monitor.next);
}

void Dispatcher::tick(TimePoint now) {
    ++tick_;
    due_.clear();
    const auto horizon = now + limits_.ahead;
    wheel_.advance(horizon, due_);
    for (const auto place : due_) meet(place, horizon, now);
    for (auto& share : shares_) {
        if (share && !share->closing) share->account.close(tick_, horizon);
    }
    publish_due(now);
    // A clock that was set back must not end the sweeps.
    if (now - last_sweep_ >= kSweepPeriod || now < last_sweep_) {
        last_sweep_ = now;
        drop_worthless(now);
    }
    for (auto& region : regions_) pump(*region, now);
    show(now);
}

void Dispatcher::publish_due(TimePoint now) {
    for (auto& item : group(jobs_, limits_.batch)) {
        for (const auto& batch : regions_[item.region]->queue.push({tick_, item.region, std::move(item.jobs)})) {
            for (const auto& job : batch.jobs) give_up(batch.tick, batch.region, job, reason_to_skip(job, now).value_or(Skip::shed));
        }
    }
    jobs_.clear();
}

std::optional<Skip> Dispatcher::reason_to_skip(const JobRef& job, TimePoint now) const {
    const auto* monitor = roster_.find(job);
    if (monitor == nullptr) return Skip::changed;
    if (not_after(job.slot, monitor->timing.interval) < now) return Skip::late;
    return std::nullopt;
}

// What waits for a region in trouble does not hold the cursor longer than it is worth.
void Dispatcher::drop_worthless(TimePoint now) {
    for (auto& region : regions_) {
        region->queue.filter([&](const Batch& batch, const JobRef& job) {
            const auto why = reason_to_skip(job, now);
            if (why) give_up(batch.tick, batch.region, job, *why);
            return !why;
        });
    }
}

void Dispatcher::pump(Region& region, TimePoint now) {
    while (auto batch = region.queue.pop(now)) {
        TimePoint until;
        if (!build(region, *batch, now, until)) {
            region.queue.withdrawn();
            continue;
        }
        const auto id = ++last_batch_;
        const auto index = batch->region;
        in_flight_.emplace(id, std::move(*batch));
        const auto deadline = std::clamp(until - now, kShortestDeadline, limits_.publish_timeout);
        publish_(id, roster_.region_name(index), region.writer.take(), deadline);
    }
}

// Writes the jobs that are still wanted and removes the others from the batch; false if none is left. `until` is when the first
// of them becomes worthless.
bool Dispatcher::build(Region& region, Batch& batch, TimePoint now, TimePoint& until) {
    until = TimePoint::max();
    std::erase_if(batch.jobs, [&](const JobRef& job) {
        if (const auto why = reason_to_skip(job, now)) {
            give_up(batch.tick, batch.region, job, *why);
            return true;
        }
        const auto& monitor = *roster_.find(job);
        const auto last = not_after(job.slot, monitor.timing.interval);
        region.writer.add(monitor.job, job.slot, 0, message::JobReason::schedule, job.slot, last);
        until = std::min(until, last);
        return false;
    });
    return !batch.jobs.empty();
}

void Dispatcher::give_up(Tick tick, RegionIndex region, const JobRef& job, Skip why) {
    // Of a share that went to another: not ours to count.
    auto& share = slot_of(static_cast<int>(job.share));
    if (!share) return;
    share->account.given_up(tick, minute_of(job.slot), region);
    regions_[region]->metrics.skipped[static_cast<std::size_t>(why)]->add();
}

void Dispatcher::answered(BatchId id, bus::PublishOutcome outcome, TimePoint at) {
    auto found = in_flight_.extract(id);
    if (found.empty()) return;
    auto& batch = found.mapped();
    auto& region = *regions_[batch.region];
    if (outcome != bus::PublishOutcome::accepted) {
        region.metrics.failures.at(static_cast<std::size_t>(outcome) - 1)->add();
        region.queue.failed(std::move(batch), outcome == bus::PublishOutcome::refused, at);
        return;
    }
    region.queue.accepted();
    region.metrics.batches.add();
    region.metrics.jobs.add(batch.jobs.size());
    region.metrics.batch_jobs.observe(static_cast<double>(batch.jobs.size()));
    for (const auto& job : batch.jobs) {
        region.metrics.lateness.observe(std::chrono::duration<double>(std::max(at - job.slot, milliseconds{0})).count());
        if (auto& share = slot_of(static_cast<int>(job.share))) share->account.accepted(batch.tick);
    }
}

std::vector<CursorMove> Dispatcher::collect_moves() {
    std::vector<CursorMove> moves;
    for (int index = 0; index < kSchedulerShares; ++index) {
        auto& share = slot_of(index);
        if (!share || share->account.settled() == share->written) continue;
        moves.push_back({index, share->written, share->account.settled(), share->account.take_counts()});
        share->written = share->account.settled();
    }
    return moves;
}

std::size_t Dispatcher::shares_owned() const {
    return static_cast<std::size_t>(std::count_if(shares_.begin(), shares_.end(), [](const auto& share) { return share.has_value(); }));
}

std::optional<TimePoint> Dispatcher::reached() const {
    std::optional<TimePoint> earliest;
    for (const auto& share : shares_) {
        if (share && (!earliest || share->account.reached() < *earliest)) earliest = share->account.reached();
    }
    return earliest;
}

void Dispatcher::show(TimePoint now) {
    milliseconds lag{0};
    for (const auto& share : shares_) {
        if (share) lag = std::max(lag, now - share->account.settled());
    }
    metrics_.cursor_lag.set(std::chrono::duration<double>(lag).count());
    metrics_.shares.set(static_cast<double>(shares_owned()));
    metrics_.monitors.set(static_cast<double>(wheel_.size()));
    for (auto& region : regions_) {
        region->metrics.backlog.set(static_cast<double>(region->queue.waiting_jobs()));
        region->metrics.in_flight.set(region->queue.in_flight());
    }
}

}  // namespace sonde::scheduler
