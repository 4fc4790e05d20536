#include "incident-engine/jurisdiction.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include "incident-engine/relations_store.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Rows of `change` are removed after an hour: after a longer gap everything is read anew.
constexpr std::chrono::minutes kLongestGap{30};
constexpr std::size_t kRefreshAtOnce = 5000;
constexpr milliseconds kRefreshEvery{200};  // of remote parents, while somebody waits for what becomes of them
constexpr milliseconds kRadiusEvery{1000};

}  // namespace

Jurisdiction::Jurisdiction(Options options, db::Pool& pool, Intake& intake, Metrics& metrics)
    : options_(std::move(options)), pool_(pool), intake_(intake), metrics_(metrics), shards_(pool, options_.owner, options_.lease) {
    holdings_.regions.hold = options_.hold;
}

void Jurisdiction::keep(Batch& batch, bus::Bus& bus, bool changed) {
    // Loading takes twice the memory of what is kept; what was decided on at once after it, as much again. The allocator would keep all of it.
    if (just_loaded_ && batch.empty()) {
        malloc_trim(0);
        just_loaded_ = false;
    }
    if (Clock::now() >= next_renewal_) renew(batch, bus);
    if (distrusted_) {
        to_load_ = shard_numbers();
        for (const auto shard : to_load_) forget_of(shard, batch);
        following_ = false;
        distrusted_ = false;
    }
    if (!to_load_.empty()) load(to_load_, batch);
    if (following_ && (changed || Clock::now() >= next_look_)) follow_changes(batch);
    if (following_ && to_load_.empty()) keep_relations(batch);
}

void Jurisdiction::renew(Batch& batch, bus::Bus& bus) {
    const auto change = shards_.renew();
    next_renewal_ = Clock::now() + options_.lease / 3;
    for (const auto shard : change.lost) {
        drop(shard, batch, bus);
        log::info("shard_lost", "shard", shard);
    }
    if (!change.lost.empty()) relations_changed_ = true;
    to_load_.insert(to_load_.end(), change.gained.begin(), change.gained.end());
    metrics_.owned_shards.set(static_cast<double>(shards_.owned().size()));
}

void Jurisdiction::drop(int shard, Batch& batch, bus::Bus& bus) {
    intake_.close(shard);
    std::erase(to_load_, shard);
    forget_of(shard, batch);
    holdings_.drop(shard);
    const auto ours = std::stable_partition(batch.messages.begin(), batch.messages.end(),
                                            [&](const Opened& message) { return message.parcel.shard != shard; });
    for (auto it = ours; it != batch.messages.end(); ++it) bus.not_now(it->parcel.delivery, milliseconds{0});
    batch.messages.erase(ours, batch.messages.end());
}

// What `batch` knows of the shard beside its messages came from memory that is about to go.
void Jurisdiction::forget_of(int shard, Batch& batch) const {
    const auto of_shard = [&](MonitorId monitor) {
        const auto found = holdings_.monitors.find(monitor);
        return found == holdings_.monitors.end() || found->second.shard == shard;
    };
    std::erase_if(batch.reread, of_shard);
    std::erase_if(batch.due, of_shard);
    std::erase_if(batch.gone, [&](SiteId site) { return shard_of(site) == shard; });
    std::erase_if(batch.orphans, [&](const catalog::Orphan& orphan) { return shard_of(orphan.site) == shard; });
}

// Some at a time: while the database looks for the rows of one shard, those of another are made sense of. The first error is thrown when all are done.
std::vector<std::vector<Watched>> Jurisdiction::read(const std::vector<int>& shards, TimePoint now) {
    std::vector<std::vector<Watched>> read(shards.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (auto i = next++; i < shards.size(); i = next++) {
            auto tx = pool_.begin();
            read[i] = catalog::read_shard(tx, shards[i], now, holdings_.regions);
            tx.commit();
        }
    };
    std::vector<std::future<void>> readers;
    for (std::size_t n = 1; n < std::min(shards.size(), options_.readers); ++n) readers.push_back(std::async(std::launch::async, work));
    work();
    for (auto& reader : readers) reader.get();
    return read;
}

void Jurisdiction::load(const std::vector<int>& shards, Batch& batch) {
    if (!following_) {
        auto tx = pool_.begin();
        changes_.begin(tx);
        catalog::load_regions(tx, holdings_.regions);
        tx.commit();
    }
    const auto now = batch.now;
    for (const auto shard : shards) holdings_.drop(shard);
    auto read = this->read(shards, now);
    auto tx = pool_.begin();
    std::vector<catalog::Loaded> loaded;
    for (std::size_t i = 0; i < shards.size(); ++i) loaded.push_back(catalog::hold_shard(tx, shards[i], std::move(read[i]), now, holdings_));
    relations_store::load_windows(tx, now, holdings_.relations);
    const auto orphans = relations_store::load(tx, shard_numbers(), now, holdings_);
    tx.commit();
    windows_changed_ = relations_changed_ = remote_changed_ = false;
    batch.orphans.insert(batch.orphans.end(), orphans.begin(), orphans.end());
    batch.look = batch.radius = true;
    if (!following_) last_look_ = Clock::now();
    following_ = true;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        // Also after a reading anew: what came while the database was away is still to be decided on.
        listening_since_[static_cast<std::size_t>(shards[i])] = now;
        for (const auto monitor : loaded[i].monitors) {
            batch.reread.push_back(monitor);
            arm(monitor, now);
        }
        batch.gone.insert(batch.gone.end(), loaded[i].gone.begin(), loaded[i].gone.end());
        batch.orphans.insert(batch.orphans.end(), loaded[i].orphans.begin(), loaded[i].orphans.end());
        const auto open = intake_.shards();
        if (std::find(open.begin(), open.end(), shards[i]) == open.end()) intake_.open(shards[i]);
        log::info("shard_loaded", "shard", shards[i], "monitors", loaded[i].monitors.size());
    }
    to_load_.clear();
    just_loaded_ = true;
    metrics_.monitors.set(static_cast<double>(holdings_.monitors.size()));
}

void Jurisdiction::follow_changes(Batch& batch) {
    if (Clock::now() - last_look_ > kLongestGap) {
        log::warning("changes_missed", "doing", "reading everything anew");
        distrust();
        return;
    }
    auto tx = pool_.begin();
    const auto seen = changes_.read(tx);
    tx.commit();
    last_look_ = Clock::now();
    next_look_ = last_look_ + options_.poll;
    if (seen.empty()) return;
    if (seen.regions) {  // every definition names its regions
        distrust();
        return;
    }
    note_relations(seen);
    if (!seen.health && seen.monitors.empty() && seen.sites.empty()) return;
    try {
        auto again = pool_.begin();
        if (seen.health) {
            const auto concerned = catalog::refresh_health(again, holdings_);
            batch.reread.insert(batch.reread.end(), concerned.begin(), concerned.end());
            log::info("regions_health_read", "monitors", concerned.size());
        }
        for (std::size_t from = 0; from < std::max(seen.monitors.size(), std::size_t{1}); from += kRefreshAtOnce) {
            const auto to = std::min(seen.monitors.size(), from + kRefreshAtOnce);
            const std::vector<std::int64_t> some(seen.monitors.begin() + static_cast<std::ptrdiff_t>(std::min(from, to)),
                                                 seen.monitors.begin() + static_cast<std::ptrdiff_t>(to));
            const auto& sites = from == 0 ? seen.sites : std::vector<std::int64_t>{};
            if (!relations_changed_) relations_changed_ = relations_store::outdated_by(again, some, sites, holdings_.relations);
            const auto held = catalog::refresh(again, some, sites, shard_numbers(), batch.now, holdings_);
            batch.reread.insert(batch.reread.end(), held.begin(), held.end());
        }
        const auto gone = catalog::gone_sites(again, seen.sites, holdings_);
        batch.gone.insert(batch.gone.end(), gone.begin(), gone.end());
        again.commit();
    } catch (...) {
        distrust();  // the changes were read, and will not be shown again
        throw;
    }
    metrics_.monitors.set(static_cast<double>(holdings_.monitors.size()));
}

void Jurisdiction::note_relations(const catalog::Changes::Seen& seen) {
    const bool definitions = !seen.monitors.empty() || !seen.sites.empty();
    windows_changed_ = windows_changed_ || seen.windows;
    relations_changed_ = relations_changed_ || seen.relations;
    look_ = look_ || (definitions && !holdings_.relations.empty());  // tags may be others
    radius_changed_ = radius_changed_ || seen.radius;
    for (const auto state : seen.states) remote_changed_ = remote_changed_ || holdings_.relations.remote.contains(MonitorId{state});
}

void Jurisdiction::keep_relations(Batch& batch) {
    const auto now = Clock::now();
    auto& relations = holdings_.relations;
    batch.look = batch.look || std::exchange(look_, false);
    if (windows_changed_ || relations_changed_) {
        load_relations(batch);
    } else if (!relations.remote.empty() && now >= next_refresh_) {
        if (remote_changed_ || !holdings_.doubting.empty()) {
            auto tx = pool_.begin();
            if (relations_store::refresh(tx, batch.now, holdings_)) batch.look = true;
            tx.commit();
            remote_changed_ = false;
            next_refresh_ = now + kRefreshEvery;
        }
    }
    if (relations.open.outdated(batch.now)) {
        relations.open.look(relations.windows, batch.now);
        batch.look = true;
    }
    if (radius_changed_ && now >= next_radius_) {
        batch.radius = true;
        radius_changed_ = false;
        next_radius_ = now + kRadiusEvery;
    }
}

void Jurisdiction::load_relations(Batch& batch) {
    auto tx = pool_.begin();
    if (windows_changed_) relations_store::load_windows(tx, batch.now, holdings_.relations);
    if (relations_changed_) {
        const auto began = Clock::now();
        const auto orphans = relations_store::load(tx, shard_numbers(), batch.now, holdings_);
        batch.orphans.insert(batch.orphans.end(), orphans.begin(), orphans.end());
        remote_changed_ = false;
        metrics_.relations_load.observe(std::chrono::duration<double>(Clock::now() - began).count());
    }
    tx.commit();
    batch.look = true;
    windows_changed_ = relations_changed_ = false;
}

void Jurisdiction::look_up_strangers(Batch& batch) {
    std::vector<std::int64_t> strangers;
    for (const auto& message : batch.messages) {
        for (const auto& result : message.batch.results) {
            const auto held = holdings_.monitors.find(result.monitor);
            if (held == holdings_.monitors.end() || held->second.definition.revision < result.revision) strangers.push_back(result.monitor.value());
        }
    }
    if (strangers.empty()) return;
    std::sort(strangers.begin(), strangers.end());
    strangers.erase(std::unique(strangers.begin(), strangers.end()), strangers.end());
    auto tx = pool_.begin();
    const auto held = catalog::refresh(tx, strangers, {}, shard_numbers(), batch.now, holdings_);
    tx.commit();
    batch.reread.insert(batch.reread.end(), held.begin(), held.end());
}

void Jurisdiction::fenced() {
    next_renewal_ = {};
    distrust();
}

void Jurisdiction::arm(MonitorId monitor, TimePoint now) {
    const auto found = holdings_.monitors.find(monitor);
    if (found == holdings_.monitors.end()) return;
    auto& watched = found->second;
    if (const auto at = decision::next_tick(watched.state, watched.definition, now, listening_since(watched.shard))) timers_.arm(watched, *at);
}

}  // namespace sonde::engine
