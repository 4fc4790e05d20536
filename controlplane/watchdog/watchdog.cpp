#include "controlplane/watchdog/watchdog.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "controlplane/watchdog/stuck.h"
#include "lib/base/enum_name.h"
#include "lib/bus/topology.h"
#include "lib/db/lease.h"
#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::watchdog {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kRecreated{"sonde_watchdog_recreated_total", "What did not deliver any more, or was missing, and was made anew."};
constexpr metrics::Family kRemoved{"sonde_watchdog_removed_total", "Streams removed of regions that are no more."};
constexpr metrics::Family kFailures{"sonde_watchdog_failures_total", "Looks at a stream or consumer that the server did not answer."};
constexpr milliseconds kBetweenNudges{200};
constexpr milliseconds kBetweenSweeps{60'000};
constexpr milliseconds kLease{15'000};
constexpr std::string_view kLeaseName = "task/watchdog";

constexpr db::Statement kRegions{"watchdog_regions", R"sql(
select r.name, coalesce(bool_or(a.in_flight + a.queued < a.capacity), false)
from region r left join agent a on a.region = r.name and a.last_seen_at > now() - interval '10 seconds' and not a.draining
group by r.name)sql"};

// A stream that is to be there, and what is known of its consumers.
struct Watched {
    bus::topology::Place place;
    bool expendable = false;  // the stream may be made anew
    bool ensured = false;     // once, as it should be
    std::map<std::string, StuckDetector> consumers;
};

}  // namespace

struct Watchdog::Impl {
    Impl(const WatchdogOptions& given, bus::Bus& given_bus, db::Pool& given_pool, metrics::Registry& registry, std::string owner)
        : options(given),
          bus(given_bus),
          pool(given_pool),
          leases(given_pool, std::move(owner), kLease),
          consumers_recreated(registry.counter(kRecreated, {{"what", "consumer"}})),
          streams_recreated(registry.counter(kRecreated, {{"what", "stream"}})),
          missing_recreated(registry.counter(kRecreated, {{"what", "missing"}})),
          removed(registry.counter(kRemoved)),
          failures(registry.counter(kFailures)) {
        add(bus::topology::results(options.replicas), false);
        add(bus::topology::events(options.replicas), false);
        add(bus::topology::parked(options.replicas), false);
    }

    void add(bus::topology::Place place, bool expendable) {
        const auto name = place.stream.name;
        if (watched.contains(name)) return;
        Watched item{std::move(place), expendable, false, {}};
        for (const auto& consumer : item.place.consumers) item.consumers.emplace(consumer.durable, StuckDetector(options.stuck_after));
        watched.emplace(name, std::move(item));
    }

    void run();
    void look();
    bool follow_regions();
    std::vector<std::string> streams_of_regions();
    void remove_of_no_region(const std::vector<std::string>& streams);
    void look_at(Watched& item);
    void look_at_streams_alone(Watched& item);
    void ensure(Watched& item, bool was_missing);
    void remedy(Watched& item, const bus::ConsumerSpec& consumer, Remedy remedy);
    void failed(const Watched& item, const std::string& error);
    bool in_charge();

    const WatchdogOptions options;
    bus::Bus& bus;
    db::Pool& pool;
    db::Leases leases;
    metrics::Counter& consumers_recreated;
    metrics::Counter& streams_recreated;
    metrics::Counter& missing_recreated;
    metrics::Counter& removed;
    metrics::Counter& failures;

    std::map<std::string, Watched> watched;           // by stream; the thread's
    std::map<std::string, bool> has_room;             // by region's stream: agents with room were seen
    std::map<std::string, std::string> told_failures; // by stream, so that each is told once
    bool database_told = false;
    Clock::time_point next_sweep;

    mutable std::mutex mutex;  // of what follows
    std::condition_variable wakes;
    bool stopping = false;
    bool nudged = false;
    std::string trouble = "streams have not been looked at yet";
    std::thread thread;
};

void Watchdog::Impl::run() {
    for (;;) {
        look();
        std::unique_lock lock(mutex);
        if (wakes.wait_for(lock, std::min(kBetweenNudges, options.every), [this] { return stopping; })) return;
        wakes.wait_for(lock, options.every, [this] { return stopping || nudged; });
        if (stopping) return;
        nudged = false;
    }
}

void Watchdog::Impl::look() {
    const auto there = streams_of_regions();
    if (follow_regions()) remove_of_no_region(there);
    std::string reason;
    if (!bus.health().connected) {
        reason = "not connected to NATS";
        for (auto& [name, item] : watched) {
            for (auto& [durable, detector] : item.consumers) detector.forget();
        }
    } else {
        for (auto& [name, item] : watched) {
            {
                const std::lock_guard lock(mutex);
                if (stopping) return;
            }
            look_at(item);
            if (!item.ensured && reason.empty()) reason = "the stream " + name + " could not be made";
        }
    }
    const std::lock_guard lock(mutex);
    trouble = reason;
}

// From time to time, and when a region has gone: those that the server has. To be asked before the regions are read: the streams of one that comes in between
// are not among these.
std::vector<std::string> Watchdog::Impl::streams_of_regions() {
    const auto now = Clock::now();
    if (now < next_sweep || !bus.health().connected) return {};
    next_sweep = now + kBetweenSweeps;
    auto names = bus.stream_names();
    if (!names) {
        failures.add();
        return {};
    }
    std::erase_if(*names, [](const auto& name) { return !message::subject::is_stream_of_region(name); });
    return std::move(*names);
}

// What is in them nobody will ask for, and the room that the server keeps for them others need.
void Watchdog::Impl::remove_of_no_region(const std::vector<std::string>& streams) {
    for (const auto& name : streams) {
        if (watched.contains(name)) continue;
        if (!in_charge()) {
            next_sweep = Clock::now() + kLease;  // who is in charge may be dead
            return;
        }
        if (!bus.delete_stream(name)) {
            failures.add();
            continue;
        }
        removed.add();
        log::info("watchdog_removed", "stream", name, "why", "its region is no more");
    }
}

// With the database away, the regions last known are looked after. Whether they are as the database has them.
bool Watchdog::Impl::follow_regions() {
    try {
        std::set<std::string> streams;
        auto tx = pool.begin();
        for (const auto row : tx.run(kRegions)) {
            for (auto& place : {bus::topology::jobs(row.text(0), options.replicas), bus::topology::urgent(row.text(0), options.replicas)}) {
                streams.insert(place.stream.name);
                has_room[place.stream.name] = row.boolean(1);
                add(place, true);
            }
        }
        if (std::erase_if(watched, [&](const auto& item) { return item.second.expendable && !streams.contains(item.first); }) > 0) next_sweep = {};
        std::erase_if(has_room, [&](const auto& item) { return !streams.contains(item.first); });
        if (std::exchange(database_told, false)) log::info("watchdog_database_back");
        return true;
    } catch (const std::exception& error) {
        for (auto& [stream, room] : has_room) room = false;
        if (!std::exchange(database_told, true)) log::warning("watchdog_database_failed", "error", error.what());
        return false;
    }
}

void Watchdog::Impl::look_at(Watched& item) {
    if (!item.ensured) return ensure(item, false);
    if (item.place.consumers.empty()) return look_at_streams_alone(item);
    for (const auto& consumer : item.place.consumers) {
        auto& detector = item.consumers.at(consumer.durable);
        const auto state = bus.consumer_state(consumer.stream, consumer.durable);
        if (!state) {
            detector.forget();
            return failed(item, state.error().message);
        }
        if (!*state) {
            detector.forget();
            return ensure(item, true);
        }
        const bool asked_for = (*state)->waiting > 0 || has_room[item.place.stream.name];
        const auto needed = detector.look(**state, asked_for, consumer.max_ack_pending, Clock::now());
        if (needed != Remedy::none && in_charge()) remedy(item, consumer, needed);
    }
    if (told_failures.erase(item.place.stream.name) > 0) log::info("watchdog_stream_well", "stream", item.place.stream.name);
}

void Watchdog::Impl::look_at_streams_alone(Watched& item) {
    const auto state = bus.stream_state(item.place.stream.name);
    if (!state) return failed(item, state.error().message);
    if (!*state) return ensure(item, true);
    if (told_failures.erase(item.place.stream.name) > 0) log::info("watchdog_stream_well", "stream", item.place.stream.name);
}

void Watchdog::Impl::ensure(Watched& item, bool was_missing) {
    item.ensured = false;
    const auto done = bus::topology::ensure(bus, item.place);
    if (!done) return failed(item, done.error().message);
    item.ensured = true;
    told_failures.erase(item.place.stream.name);
    if (!was_missing) return;
    missing_recreated.add();
    log::warning("watchdog_recreated", "what", "missing", "stream", item.place.stream.name);
}

void Watchdog::Impl::remedy(Watched& item, const bus::ConsumerSpec& consumer, Remedy remedy) {
    const bool whole = remedy == Remedy::stream && item.expendable;
    const auto deleted = whole ? bus.delete_stream(item.place.stream.name) : bus.delete_consumer(consumer.stream, consumer.durable);
    if (!deleted) return failed(item, deleted.error().message);
    (whole ? streams_recreated : consumers_recreated).add();
    log::error("watchdog_recreated", "what", whole ? "stream" : "consumer", "stream", item.place.stream.name, "consumer", consumer.durable,
               "why", "messages wait, are asked for and not delivered");
    ensure(item, false);
}

void Watchdog::Impl::failed(const Watched& item, const std::string& error) {
    failures.add();
    if (told_failures.emplace(item.place.stream.name, error).second) {
        log::warning("watchdog_stream_failed", "stream", item.place.stream.name, "error", error);
    }
}

bool Watchdog::Impl::in_charge() {
    try {
        return !leases.hold({std::string(kLeaseName)}, 1).empty();
    } catch (const std::exception& error) {
        log::warning("watchdog_database_failed", "error", error.what());
        return false;
    }
}

Watchdog::Watchdog(const WatchdogOptions& options, bus::Bus& bus, db::Pool& pool, metrics::Registry& metrics, std::string owner)
    : impl_(std::make_unique<Impl>(options, bus, pool, metrics, std::move(owner))) {}

Watchdog::~Watchdog() { stop(); }

void Watchdog::start() {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Watchdog::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wakes.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

void Watchdog::nudge() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->nudged = true;
    }
    impl_->wakes.notify_all();
}

std::string Watchdog::trouble() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->trouble;
}

}  // namespace sonde::watchdog
