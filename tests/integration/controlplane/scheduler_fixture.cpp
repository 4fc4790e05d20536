#include "tests/integration/controlplane/scheduler_fixture.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/scheduler/store.h"
#include "lib/message/subject.h"

namespace sonde::test {
namespace {

constexpr int kRoom = 64;

db::PoolOptions pool_options(const Secret& dsn, const std::string& name) {
    db::PoolOptions options;
    options.dsn = dsn;
    options.application_name = name;
    options.size = 3;
    options.acquire_timeout = milliseconds{2'000};
    options.statement_timeout = milliseconds{5'000};
    options.connect_timeout = milliseconds{2'000};
    return options;
}

std::unique_ptr<bus::Bus> connect(const std::string& url, const std::string& name, metrics::Registry& registry) {
    bus::Options options;
    options.urls = {url};
    options.client_name = name;
    return bus::Bus::connect(std::move(options), registry);
}

}  // namespace

FakeAgent::FakeAgent(bus::Bus& bus, std::string region) : bus_(bus), region_(std::move(region)) {
    puller_ = bus_.pull(message::subject::jobs_stream(region_), std::string(message::subject::agents_consumer),
                        [this](const bus::Delivery& delivery) { take(delivery); });
    puller_->want(kRoom);
}

FakeAgent::~FakeAgent() {
    puller_.reset();
    const std::lock_guard lock(mutex_);
    CHECK(!malformed_);
}

void FakeAgent::take(const bus::Delivery& delivery) {
    const auto batch = message::read_job_batch(delivery.payload);
    {
        const std::lock_guard lock(mutex_);
        malformed_ = malformed_ || !batch || batch->region != region_;
        if (batch) {
            for (const auto& job : batch->jobs) ++jobs_[{job.monitor.value(), region_, job.slot}];
        }
    }
    bus_.ack(delivery);
    puller_->want(kRoom);
}

std::map<JobKey, int> FakeAgent::jobs() const {
    const std::lock_guard lock(mutex_);
    return jobs_;
}

std::size_t FakeAgent::count() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
}

ControlPlane::ControlPlane(const std::string& name, const Secret& dsn, const std::string& nats, const scheduler::SchedulerConfig& settings)
    : config(settings), pool(pool_options(dsn, name), registry), bus(connect(nats, name, registry)) {
    scheduling = std::make_unique<scheduler::Scheduling>(config, pool, box, dsn, *bus, registry, name);
    scheduling->start();
}

double ControlPlane::gauge(const std::string& metric) const {
    const auto text = registry.expose();
    const auto line = text.find("\n" + metric + " ");
    return line == std::string::npos ? -1 : std::stod(text.substr(line + metric.size() + 2));
}

Stage::Stage() : pool(pool_options(postgres.dsn(), "stage"), registry), bus(connect(nats.url(), "stage", registry)) {
    config.lease = milliseconds{2'000};
    config.renew_every = milliseconds{400};
    config.cursor_every = milliseconds{300};
    config.watchdog.every = milliseconds{500};
    config.watchdog.stuck_after = milliseconds{2'000};
    config.presence.write_every = milliseconds{200};
}

void Stage::run(const std::string& sql) {
    auto tx = pool.begin();
    tx.run_script(sql);
    tx.commit();
}

std::int64_t Stage::number(const std::string& sql) {
    auto tx = pool.begin();
    const auto rows = tx.run_text(sql);
    return rows.empty() || rows[0].is_null(0) ? -1 : rows[0].whole(0);
}

void Stage::add_regions(const std::vector<std::string>& names) {
    for (const auto& name : names) run(fmt::format("insert into region (name, failure_domain) values ('{0}', '{0}')", name));
}

std::vector<TestMonitor> Stage::add_monitors(int count, milliseconds interval, const std::vector<std::string>& regions) {
    const auto site = ++last_id;
    std::string sql = fmt::format("insert into site (id, name) values ({}, 'site');", site);
    std::vector<TestMonitor> monitors;
    for (int i = 0; i < count; ++i) {
        TestMonitor made;
        made.id = ++last_id;
        made.timing = {interval, phase_of(MonitorId{made.id}, interval)};
        made.share = scheduler_share_of(MonitorId{made.id});
        made.regions = regions;
        made.placement = i % 3 == 2 ? scheduler::Placement::rotate : scheduler::Placement::all;
        std::sort(made.regions.begin(), made.regions.end());
        sql += fmt::format(
            "insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, regions, placement, policy, "
            "created_at) values ({}, {}, {}, {}, 'http', 'm', '{{\"url\": \"http://127.0.0.1/\"}}', {}, 1000, {}, '{{{}}}', '{}', '{{}}', "
            "now() - interval '1 day');",
            made.id, site, shard_of(SiteId{site}), made.share, interval.count(), made.timing.phase.count(), fmt::join(made.regions, ","),
            name_of(made.placement));
        monitors.push_back(made);
    }
    run(sql);
    return monitors;
}

TimePoint Stage::begin_account() {
    const auto start = wall_now();
    auto tx = pool.begin();
    for (int share = 0; share < kSchedulerShares; ++share) {
        tx.run_text("insert into scheduler_cursor values ($1, $2) on conflict (share) do update set published_to = excluded.published_to",
                    {share, start});
    }
    tx.commit();
    return start;
}

std::unique_ptr<ControlPlane> Stage::control_plane(const std::string& name) {
    return std::make_unique<ControlPlane>(name, postgres.dsn(), nats.url(), config);
}

TimePoint Stage::cursor() {
    auto tx = pool.begin();
    const auto rows = tx.run_text("select min(published_to) from scheduler_cursor");
    return rows[0].is_null(0) ? TimePoint{} : rows[0].time(0);
}

std::set<JobKey> slots_between(const std::vector<TestMonitor>& monitors, TimePoint from, TimePoint to) {
    std::set<JobKey> found;
    for (const auto& monitor : monitors) {
        for (auto slot = scheduler::slot_after(monitor.timing, from); slot <= to; slot += monitor.timing.interval) {
            if (monitor.placement == scheduler::Placement::all) {
                for (const auto& region : monitor.regions) found.emplace(monitor.id, region, slot);
                continue;
            }
            const auto number = slot_number(monitor.timing.phase, monitor.timing.interval, slot);
            found.emplace(monitor.id, monitor.regions[static_cast<std::size_t>(number) % monitor.regions.size()], slot);
        }
    }
    return found;
}

std::string Stage::ledger_mistake(const std::vector<TestMonitor>& monitors, TimePoint start) {
    using Key = std::tuple<std::string, std::string, std::string>;  // minute, region, writer
    std::map<Key, std::int64_t> written;
    std::map<int, TimePoint> cursors;
    {
        auto tx = pool.begin();
        tx.run_text("set transaction isolation level repeatable read");
        for (const auto row : tx.run_text("select share, published_to from scheduler_cursor")) cursors[row.small(0)] = row.time(1);
        for (const auto row : tx.run_text("select minute, region, writer, expected from slot_ledger where expected > 0")) {
            written[{to_rfc3339(row.time(0)), std::string(row.text(1)), std::string(row.text(2))}] = row.whole(3);
        }
    }
    std::map<Key, std::int64_t> right;
    for (const auto& monitor : monitors) {
        for (const auto& [id, region, slot] : slots_between({monitor}, start, cursors[monitor.share])) {
            ++right[{to_rfc3339(scheduler::minute_of(slot)), region, scheduler::share_lease(monitor.share)}];
        }
    }
    for (const auto& [key, expected] : right) {
        if (written[key] != expected) {
            return fmt::format("{} {} {}: {} written, {} expected", std::get<0>(key), std::get<1>(key), std::get<2>(key), written[key], expected);
        }
    }
    return written.size() == right.size() ? "" : fmt::format("{} rows written, {} expected", written.size(), right.size());
}

}  // namespace sonde::test
