#include "controlplane/housekeeping/housekeeping.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "controlplane/history/historian.h"
#include "controlplane/retention/retention.h"
#include "lib/db/lease.h"
#include "lib/log/log.h"

namespace sonde::housekeeping {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kRuns{"sonde_housekeeping_runs_total", "Rounds of housekeeping, by outcome."};
constexpr metrics::Family kRemoved{"sonde_housekeeping_removed_total", "Rows removed, by table."};
constexpr metrics::Family kLast{"sonde_housekeeping_last_success_timestamp_seconds", "When a round last succeeded here."};

constexpr std::string_view kLeaseName = "task/housekeeping";
constexpr milliseconds kLease{60'000};
constexpr int kPart = 5'000;

// Of at most $2 pieces that are old and not yet looked at: those an incident needs are marked with it, the others go. An incident needs what
// was seen of its members from a day before it opened, when a lasting minority may have begun to fail, until soon after they joined.
// When an incident goes, its pieces are looked at again: another one may need them.
constexpr db::Statement kSweepEvidence{"housekeeping_evidence", R"sql(
with old as (
    select monitor_id, slot, region_id, attempt from evidence
    where kept_for is null and slot < now() - $1 * interval '1 ms' order by slot limit $2),
judged as (
    select old.*, (select i.id from incident_monitor j join incident i on i.id = j.incident_id
                   where j.monitor_id in (select old.monitor_id union all select g.id from monitor_group g where g.members @> array[old.monitor_id])
                     and old.slot between i.opened_at - interval '1 day' and j.joined_at + interval '10 minutes'
                   order by i.id desc limit 1) as needed_by
    from old),
kept as (
    update evidence e set kept_for = needed_by from judged o
    where needed_by is not null and (e.monitor_id, e.slot, e.region_id, e.attempt) = (o.monitor_id, o.slot, o.region_id, o.attempt)),
gone as (
    delete from evidence e using judged o
    where needed_by is null and (e.monitor_id, e.slot, e.region_id, e.attempt) = (o.monitor_id, o.slot, o.region_id, o.attempt)
    returning 1)
select (select count(*) from old), (select count(*) from gone))sql"};

// Each removes at most $2 rows that are older than $1 milliseconds.
struct Sweep {
    std::string_view table;
    milliseconds (*keep)(const HousekeepingOptions&);
    db::Statement statement;
};
constexpr Sweep kSweeps[] = {
    {"change", [](const HousekeepingOptions& o) { return o.keep_changes; },
     {"housekeeping_changes", R"sql(
delete from change where ctid = any(array(select ctid from change where at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"outbox", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_outbox", R"sql(
delete from outbox where id = any(array(
    select id from outbox o
    where at < now() - $1 * interval '1 ms'
      and not exists (select from event_to_relay where event_id = o.id) and not exists (select from event_to_plan where event_id = o.id)
    order by id limit $2)))sql"}},
    {"channel_thread", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_channel_threads", R"sql(
delete from channel_thread where ctid = any(array(
    select ctid from channel_thread where updated_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"digest", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_digests", R"sql(
delete from digest where id = any(array(
    select id from digest where began_at < now() - $1 * interval '1 ms' and coalesce(told_at, began_at) < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"slot_ledger", [](const HousekeepingOptions& o) { return o.keep_ledger; },
     {"housekeeping_ledger", R"sql(
delete from slot_ledger where ctid = any(array(
    select ctid from slot_ledger where minute < now() - $1 * interval '1 ms' order by minute limit $2)))sql"}},
    {"slot_minute", [](const HousekeepingOptions& o) { return o.keep_ledger; },
     {"housekeeping_minutes", R"sql(
delete from slot_minute where ctid = any(array(
    select ctid from slot_minute where minute < now() - $1 * interval '1 ms' order by minute limit $2)))sql"}},
    {"slot_hour", [](const HousekeepingOptions& o) { return o.keep_ledger; },
     {"housekeeping_hours", R"sql(
delete from slot_hour where ctid = any(array(
    select ctid from slot_hour where hour < now() - $1 * interval '1 ms' order by hour limit $2)))sql"}},
    // No result that is left has it: it was in use a day before the last of them at the least, as clocks may differ.
    {"sight", [](const HousekeepingOptions& o) { return o.history.keep_results; },
     {"housekeeping_sights", R"sql(
delete from sight where id = any(array(
    select id from sight where used_on < ((now() - $1 * interval '1 ms') at time zone 'utc')::date - 2 limit $2)))sql"}},
    // What became an incident is told with it, and stays as long.
    {"decision", [](const HousekeepingOptions& o) { return o.keep_decisions; },
     {"housekeeping_decisions", R"sql(
delete from decision where ctid = any(array(
    select ctid from decision where at < now() - $1 * interval '1 ms' and incident_id is null limit $2)))sql"}},
    {"incident_command", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_incident_commands", R"sql(
delete from incident_command where id = any(array(select id from incident_command where done_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"incident_course", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_incident_courses", R"sql(
delete from incident_course where ctid = any(array(
    select ctid from incident_course where state = 'resolved' and begun_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"voting_command", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_voting_commands", R"sql(
delete from voting_command where id = any(array(select id from voting_command where done_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"request_key", [](const HousekeepingOptions& o) { return o.keep_request_keys; },
     {"housekeeping_request_keys", R"sql(
delete from request_key where (owner, key) in (
    select owner, key from request_key where at < now() - $1 * interval '1 ms' order by at limit $2))sql"}},
    {"join_token", [](const HousekeepingOptions& o) { return o.keep_events; },
     {"housekeeping_join_tokens", R"sql(
delete from join_token where id = any(array(select id from join_token where expires_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"audit", [](const HousekeepingOptions& o) { return o.keep_audit; },
     {"housekeeping_audit", R"sql(
delete from audit where id = any(array(select id from audit where at < now() - $1 * interval '1 ms' order by at limit $2)))sql"}},
    {"drill_run", [](const HousekeepingOptions& o) { return o.keep_decisions; },
     {"housekeeping_drill_runs", R"sql(
delete from drill_run where id = any(array(select id from drill_run where ended_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"suppression", [](const HousekeepingOptions& o) { return o.history.keep_results; },
     {"housekeeping_suppressions", R"sql(
delete from suppression where id = any(array(select id from suppression where ended_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    // Windows that are deleted, and of which every end was told; their occurrences go with them.
    {"maintenance", [](const HousekeepingOptions& o) { return o.history.keep_results; },
     {"housekeeping_maintenance", R"sql(
delete from maintenance where id = any(array(
    select w.id from maintenance w where w.deleted_at < now() - $1 * interval '1 ms'
    and not exists (select from maintenance_occurrence o where o.window_id = w.id and o.started_at is not null and o.ended_at is null) limit $2)))sql"}},
    {"session", [](const HousekeepingOptions&) { return milliseconds{0}; },
     {"housekeeping_sessions", R"sql(
delete from session where id = any(array(select id from session where expires_at < now() - $1 * interval '1 ms' order by expires_at limit $2)))sql"}},
    {"password_token", [](const HousekeepingOptions&) { return milliseconds{0}; },
     {"housekeeping_password_tokens", R"sql(
delete from password_token where person_id = any(array(select person_id from password_token where expires_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
    {"acknowledge_link_used", [](const HousekeepingOptions&) { return milliseconds{0}; },
     {"housekeeping_acknowledge_links", R"sql(
delete from acknowledge_link_used where delivery_id = any(array(
    select delivery_id from acknowledge_link_used where expires_at < now() - $1 * interval '1 ms' order by expires_at limit $2)))sql"}},
    // Leases of control planes that are no more. Others keep their epoch for ever.
    {"lease", [](const HousekeepingOptions& o) { return o.keep_changes; },
     {"housekeeping_leases", R"sql(
delete from lease where name = any(array(
    select name from lease where name like 'scheduler/member/%' and expires_at < now() - $1 * interval '1 ms' limit $2)))sql"}},
};

enum class Outcome : unsigned char { done, elsewhere, failed };

HousekeepingOptions with(const retention::Retention& said, HousekeepingOptions options) {
    using retention::Kept;
    options.keep_evidence = said.of(Kept::evidence, options.keep_evidence);
    options.keep_events = said.of(Kept::events, options.keep_events);
    options.keep_decisions = said.of(Kept::decisions, options.keep_decisions);
    options.keep_audit = said.of(Kept::audit, options.keep_audit);
    options.keep_ledger = said.of(Kept::ledger, options.keep_ledger);
    options.history.keep_results = said.of(Kept::results, options.history.keep_results);
    return options;
}

}  // namespace

struct Housekeeping::Impl {
    Impl(const HousekeepingOptions& given, db::Pool& given_pool, metrics::Registry& given_registry, const std::string& owner)
        : configured(given), options(given), pool(given_pool), registry(given_registry), leases(given_pool, owner, kLease), historian(given.history, given_pool, given_registry, owner) {}

    void run();
    Outcome keep_house();
    std::vector<db::Lease> try_to_hold() { return leases.hold({std::string(kLeaseName)}, 1); }
    std::vector<db::Lease> hold();
    void evidence();
    void sweep(const Sweep& what);
    bool stopped() {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    const HousekeepingOptions configured;
    HousekeepingOptions options;  // of this round: with what the settings say
    db::Pool& pool;
    metrics::Registry& registry;
    db::Leases leases;
    history::Historian historian;
    bool failing = false;
    std::mutex mutex;  // of what follows
    std::condition_variable wakes;
    bool stopping = false;
    std::thread thread;
};

void Housekeeping::Impl::run() {
    constexpr std::string_view kNames[] = {"done", "elsewhere", "failed"};
    for (;;) {
        const auto outcome = keep_house();
        registry.counter(kRuns, {{"outcome", std::string(kNames[static_cast<std::size_t>(outcome)])}}).add();
        std::unique_lock lock(mutex);
        const auto pause = outcome == Outcome::done ? options.every : options.retry_after;
        if (wakes.wait_for(lock, pause, [this] { return stopping; })) return;
    }
}

Outcome Housekeeping::Impl::keep_house() {
    try {
        if (try_to_hold().empty()) return Outcome::elsewhere;
        options = with(pool.transact([](db::Tx& tx) { return retention::load(tx); }), configured);
        evidence();
        for (const auto& what : kSweeps) sweep(what);
        leases.release({std::string(kLeaseName)});
        registry.gauge(kLast).set(std::chrono::duration<double>(wall_now().time_since_epoch()).count());
        if (std::exchange(failing, false)) log::info("housekeeping_recovered");
        return Outcome::done;
    } catch (const std::exception& error) {
        if (!std::exchange(failing, true)) log::error("housekeeping_failed", "error", error.what());
        return Outcome::failed;
    }
}

std::vector<db::Lease> Housekeeping::Impl::hold() {
    auto held = try_to_hold();
    if (held.empty()) throw db::Fenced("another control plane took the housekeeping over");
    return held;
}

void Housekeeping::Impl::evidence() {
    auto& removed = registry.counter(kRemoved, {{"table", "evidence"}});
    for (int looked_at = kPart; looked_at == kPart && !stopped();) {
        const auto held = hold();
        pool.transact([&](db::Tx& tx) {
            leases.fence(tx, held);
            const auto rows = tx.run(kSweepEvidence, {options.keep_evidence.count(), kPart});
            looked_at = rows[0].small(0);
            removed.add(static_cast<std::uint64_t>(rows[0].whole(1)));
        });
    }
}

void Housekeeping::Impl::sweep(const Sweep& what) {
    auto& removed = registry.counter(kRemoved, {{"table", std::string(what.table)}});
    for (int rows = kPart; rows == kPart && !stopped();) {
        const auto held = hold();
        rows = pool.transact([&](db::Tx& tx) {
            leases.fence(tx, held);
            return tx.run(what.statement, {what.keep(options).count(), kPart}).affected();
        });
        removed.add(static_cast<std::uint64_t>(rows));
    }
}

Housekeeping::Housekeeping(const HousekeepingOptions& options, db::Pool& pool, metrics::Registry& metrics, const std::string& owner)
    : impl_(std::make_unique<Impl>(options, pool, metrics, owner)) {}

Housekeeping::~Housekeeping() { stop(); }

void Housekeeping::start() {
    impl_->historian.start();
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Housekeeping::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wakes.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
    impl_->historian.stop();
}

}  // namespace sonde::housekeeping
