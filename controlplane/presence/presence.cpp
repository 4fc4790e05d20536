#include "controlplane/presence/presence.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "lib/admission/id.h"
#include "lib/log/log.h"
#include "lib/message/presence.h"
#include "lib/message/subject.h"

namespace sonde::presence {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kReceived{"sonde_presence_received_total", "Signs of life of agents."};
constexpr metrics::Family kMalformed{"sonde_presence_malformed_total", "Messages that are no sign of life, though sent as one."};
constexpr metrics::Family kDropped{"sonde_presence_dropped_total", "Signs of life dropped, for there were too many agents."};
constexpr metrics::Family kFailures{"sonde_presence_write_failures_total", "Writes that the database failed; the next has later news."};

constexpr std::chrono::minutes kBetweenComplaints{1};

// Rows are locked in one order, so that two control planes never wait for each other in a circle.
constexpr db::Statement kUpsert{"presence_upsert", R"sql(
insert into agent (region, name, version, started_at, last_seen_at, draining, clock_offset_ms, in_flight, queued, capacity, checks,
                   checks_per_second, spooled_bytes, dropped)
select n.region, n.name, n.version, n.started_at, now(), n.draining, n.clock_offset_ms, n.in_flight, n.queued, n.capacity, n.checks,
       n.checks_per_second, n.spooled_bytes, n.dropped
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[], $6::bigint[], $7::int[], $8::int[], $9::int[],
            $10::bigint[], $11::text[]::real[], $12::bigint[], $13::bigint[])
     as n(region, name, version, started_at, draining, clock_offset_ms, in_flight, queued, capacity, checks, checks_per_second,
          spooled_bytes, dropped)
order by n.region, n.name
on conflict (region, name) do update
set version = excluded.version, started_at = excluded.started_at, last_seen_at = excluded.last_seen_at, draining = excluded.draining,
    clock_offset_ms = excluded.clock_offset_ms, in_flight = excluded.in_flight, queued = excluded.queued, capacity = excluded.capacity,
    checks = excluded.checks, checks_per_second = excluded.checks_per_second, spooled_bytes = excluded.spooled_bytes,
    dropped = excluded.dropped
where agent.public_key is null)sql"};

// Of those that joined: who they are was settled then.
constexpr db::Statement kUpdateJoined{"presence_update", R"sql(
with ours as (select id from agent where id = any($1::bigint[]) order by id for update)
update agent a
set version = n.version, started_at = n.started_at, last_seen_at = now(), draining = n.draining, clock_offset_ms = n.clock_offset_ms,
    in_flight = n.in_flight, queued = n.queued, capacity = n.capacity, checks = n.checks, checks_per_second = n.checks_per_second,
    spooled_bytes = n.spooled_bytes, dropped = n.dropped
from ours, unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[], $6::bigint[], $7::int[], $8::int[], $9::int[],
                  $10::bigint[], $11::text[]::real[], $12::bigint[], $13::bigint[])
     as n(id, region, version, started_at, draining, clock_offset_ms, in_flight, queued, capacity, checks, checks_per_second,
          spooled_bytes, dropped)
where a.id = ours.id and a.id = n.id and a.region = n.region and a.public_key is not null and a.revoked_at is null)sql"};

constexpr db::Statement kForget{"presence_forget", "delete from agent where public_key is null and last_seen_at < now() - $1 * interval '1 ms'"};

// By region and, of those that joined, identifier, or else name.
using Key = std::tuple<std::string, AgentId, std::string>;
using Agents = std::map<Key, message::Presence>;

// What is written of agents that joined, or of the others.
struct Columns {
    std::vector<std::int64_t> ids;
    std::vector<std::string> regions, names, versions, rates;
    std::vector<TimePoint> started;
    std::vector<bool> draining;
    std::vector<int> in_flight, queued, capacity;
    std::vector<std::int64_t> offsets, checks, spooled, dropped;

    void add(const Key& key, const message::Presence& agent) {
        ids.push_back(std::get<AgentId>(key).value());
        regions.push_back(std::get<0>(key));
        names.push_back(std::get<2>(key));
        versions.push_back(agent.version);
        started.push_back(agent.started_at);
        draining.push_back(agent.draining);
        offsets.push_back(agent.clock_offset.count());
        in_flight.push_back(agent.in_flight);
        queued.push_back(agent.queued);
        capacity.push_back(agent.capacity);
        checks.push_back(agent.checks);
        rates.push_back(fmt::format("{:.3g}", std::min(agent.checks_per_second, 1e9)));
        spooled.push_back(agent.spooled_bytes);
        dropped.push_back(agent.dropped);
    }
};

void write(db::Pool& pool, const Agents& agents) {
    Columns joined, others;
    for (const auto& [key, agent] : agents) (std::get<AgentId>(key) ? joined : others).add(key, agent);
    pool.transact([&](db::Tx& tx) {
        const auto& o = others;
        if (!o.regions.empty()) {
            tx.run(kUpsert, {o.regions, o.names, o.versions, o.started, o.draining, o.offsets, o.in_flight, o.queued, o.capacity, o.checks, o.rates, o.spooled, o.dropped});
        }
        const auto& j = joined;
        if (!j.regions.empty()) {
            tx.run(kUpdateJoined, {j.ids, j.regions, j.versions, j.started, j.draining, j.offsets, j.in_flight, j.queued, j.capacity, j.checks, j.rates, j.spooled, j.dropped});
        }
    });
}

// `sonde.v1.presence.<region>`, and of those that joined `.<agent>`.
std::optional<Key> key_of(std::string_view subject, const std::string& name) {
    constexpr std::size_t kPartsBefore = 3;
    for (std::size_t i = 0; i < kPartsBefore; ++i) subject.remove_prefix(std::min(subject.find('.'), subject.size() - 1) + 1);
    const auto dot = subject.find('.');
    const auto region = subject.substr(0, dot);
    if (!message::subject::is_region_name(region)) return std::nullopt;
    if (dot == std::string_view::npos) return Key{region, AgentId{}, name};
    const auto id = AgentId::parse(subject.substr(dot + 1));
    if (!id) return std::nullopt;
    return Key{region, *id, std::string{}};
}

}  // namespace

struct Presence::Impl {
    Impl(const PresenceOptions& given, bus::Bus& given_bus, db::Pool& given_pool, metrics::Registry& registry)
        : options(given),
          bus(given_bus),
          pool(given_pool),
          received(registry.counter(kReceived)),
          malformed(registry.counter(kMalformed)),
          dropped(registry.counter(kDropped)),
          failures(registry.counter(kFailures)) {}

    void hear(const bus::Delivery& delivery);
    void park(const bus::Delivery& delivery, const std::string& why);
    void run();
    void write_news();

    const PresenceOptions options;
    bus::Bus& bus;
    db::Pool& pool;
    metrics::Counter& received;
    metrics::Counter& malformed;
    metrics::Counter& dropped;
    metrics::Counter& failures;

    std::mutex mutex;  // of what follows
    std::condition_variable wakes;
    Agents news;
    std::optional<MonotonicPoint> last_complaint;
    bool stopping = false;

    bool failing = false;  // the thread's
    MonotonicPoint next_forget;
    std::unique_ptr<bus::Subscription> subscription;
    std::unique_ptr<bus::Subscription> subscription_of_joined;
    std::thread thread;
};

// On a thread of the bus.
void Presence::Impl::hear(const bus::Delivery& delivery) {
    auto presence = message::read_presence(delivery.payload);
    if (!presence) return park(delivery, presence.error().message);
    auto key = key_of(delivery.subject, presence->agent);
    if (!key) return park(delivery, "the subject does not name a region, or an agent");
    received.add();
    if (!delivery.reply.empty()) {
        // An answer that is lost is asked for again with the next sign of life.
        [[maybe_unused]] const auto sent = bus.publish(delivery.reply, message::write_presence_answer({wall_now()}));
    }
    const std::lock_guard lock(mutex);
    if (news.size() >= static_cast<std::size_t>(options.max_agents) && !news.contains(*key)) return dropped.add();
    news.insert_or_assign(*std::move(key), std::move(*presence));
}

void Presence::Impl::park(const bus::Delivery& delivery, const std::string& why) {
    malformed.add();
    bool complain = false;
    {
        const std::lock_guard lock(mutex);
        const auto now = Clock::now();
        complain = !last_complaint || now - *last_complaint >= kBetweenComplaints;
        if (complain) last_complaint = now;
    }
    if (complain) log::warning("presence_malformed", "subject", delivery.subject, "error", why);
    bus.publish_to_stream(message::subject::parked("controlplane"), delivery.payload, [](bus::PublishOutcome) {});
}

void Presence::Impl::run() {
    auto next = Clock::now() + options.write_every;
    for (;;) {
        bool last = false;
        {
            std::unique_lock lock(mutex);
            last = wakes.wait_until(lock, next, [this] { return stopping; });
        }
        write_news();
        if (last) return;
        next = std::max(next + options.write_every, Clock::now());
    }
}

void Presence::Impl::write_news() {
    Agents agents;
    {
        const std::lock_guard lock(mutex);
        agents.swap(news);
    }
    try {
        if (!agents.empty()) write(pool, agents);
        if (Clock::now() >= next_forget) {
            pool.transact([&](db::Tx& tx) { tx.run(kForget, {options.forget_after.count()}); });
            next_forget = Clock::now() + options.forget_every;
        }
        if (std::exchange(failing, false)) log::info("presence_written_again");
    } catch (const std::exception& error) {
        // Signs of life that are too old to be written say nothing about now: they are not put back.
        failures.add();
        if (!std::exchange(failing, true)) log::warning("presence_write_failed", "error", error.what());
    }
}

Presence::Presence(const PresenceOptions& options, bus::Bus& bus, db::Pool& pool, metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(options, bus, pool, metrics)) {}

Presence::~Presence() { stop(); }

void Presence::start() {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
    impl_->subscription = impl_->bus.subscribe(std::string(message::subject::all_presence),
                                               [impl = impl_.get()](const bus::Delivery& delivery) { impl->hear(delivery); });
    impl_->subscription_of_joined = impl_->bus.subscribe(std::string(message::subject::all_presence_of_joined),
                                                         [impl = impl_.get()](const bus::Delivery& delivery) { impl->hear(delivery); });
}

void Presence::stop() {
    impl_->subscription_of_joined.reset();
    impl_->subscription.reset();
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wakes.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace sonde::presence
