#include "controlplane/scheduler/config.h"

namespace sonde::scheduler {

using config::key;
using std::chrono::hours;

void add_scheduler_keys(config::Keys& keys, SchedulerConfig& config) {
    constexpr hours kDay{24};
    constexpr hours kYear{24 * 365};
    keys.push_back(key("scheduler.tick", config.tick, milliseconds{5}, seconds{1},
                       "How often checks are published, all up to the next tick at once. A longer one makes fewer and larger messages; a shorter one lets "
                       "edits and pauses act sooner."));
    keys.push_back(key("scheduler.lead", config.lead, milliseconds{0}, seconds{5},
                       "How long before its slot a check is published at the latest. It should exceed the way to the agents."));
    keys.push_back(key("scheduler.lease", config.lease, seconds{2}, std::chrono::minutes{1},
                       "How long a control plane that died keeps its shares of the monitors from the others."));
    keys.push_back(config::checked(
        key("scheduler.renew_every", config.renew_every, milliseconds{200}, seconds{20}, "How often leases are renewed."),
        [&config] { return config.renew_every * 2 > config.lease ? "must be at most half of scheduler.lease" : ""; }));
    keys.push_back(key("scheduler.lease_grace", config.lease_grace, seconds{0}, std::chrono::minutes{10},
                       "How long checks go on when the database is away. Another control plane may then run the same checks; their "
                       "results count once."));
    keys.push_back(key("scheduler.poll_every", config.poll_every, milliseconds{100}, std::chrono::minutes{1},
                       "How often changes are looked for if no notification comes."));
    keys.push_back(key("scheduler.cursor_every", config.cursor_every, milliseconds{100}, seconds{10},
                       "How often it is recorded up to where slots were published; after a crash about as much is published twice."));
    keys.push_back(key("scheduler.drain", config.drain, milliseconds{0}, seconds{10},
                       "How long the stop waits for answers to what was published."));
    keys.push_back(key("scheduler.batch_jobs", config.batch_jobs, 1, 500, "Most checks in a message."));
    keys.push_back(key("scheduler.batch_bytes", config.batch_bytes, 10'000, 500'000,
                       "Most bytes in a message of several checks; a larger check travels alone."));
    keys.push_back(key("scheduler.backlog_jobs", config.backlog_jobs, 1'000, 10'000'000,
                       "Most checks that wait for a region that takes none; beyond, the oldest are skipped."));
    keys.push_back(key("scheduler.in_flight_batches", config.in_flight_batches, 1, 1'000, "Most messages to a region without an answer."));
    keys.push_back(key("scheduler.publish_timeout", config.publish_timeout, milliseconds{500}, seconds{30},
                       "How long to wait for a stream's answer before publishing again."));
    keys.push_back(key("scheduler.account_back", config.account_back, std::chrono::minutes{1}, kDay * 30,
                       "How much of the time in which no control plane ran is counted as skipped slots."));
    keys.push_back(key("presence.max_agents", config.presence.max_agents, 1, 1'000'000, "Most agents that are kept track of."));
    keys.push_back(key("presence.forget_after", config.presence.forget_after, std::chrono::minutes{1}, kYear,
                       "When an agent that is not seen any more leaves the list."));
    keys.push_back(key("watchdog.every", config.watchdog.every, milliseconds{100}, std::chrono::minutes{1}, "How often streams and consumers are looked at."));
    keys.push_back(key("watchdog.stuck_after", config.watchdog.stuck_after, milliseconds{500}, std::chrono::minutes{5},
                       "When a consumer that delivers nothing, though jobs wait and agents ask, is made anew; the stream follows after "
                       "twice as long."));
    keys.push_back(key("housekeeping.every", config.housekeeping.every, std::chrono::minutes{1}, kDay, "How often old rows are removed."));
    keys.push_back(key("results.retention", config.housekeeping.history.keep_results, kDay, kYear * 10, "How long single results are kept."));
    keys.push_back(key("evidence.retention", config.housekeeping.keep_evidence, kDay, kYear * 10,
                       "How long what was seen of failing checks, and of those that confirmed them, is kept. What belongs to an incident is "
                       "kept as long as the incident."));
    keys.push_back(key("events.retention", config.housekeeping.keep_events, kDay, kYear * 10,
                       "How long events that were relayed and planned are kept, and what people asked the engine for."));
    keys.push_back(key("decisions.retention", config.housekeeping.keep_decisions, kDay, kYear * 10,
                       "How long it is kept what was decided and why. What became an incident is kept as long as the incident."));
    keys.push_back(key("audit.retention", config.housekeeping.keep_audit, kDay, kYear * 10, "How long it is kept who did what."));
    keys.push_back(key("ledger.retention", config.housekeeping.keep_ledger, kDay, kYear * 10, "How long the account of slots is kept."));
    auto& history = config.housekeeping.history;
    keys.push_back(key("history.every", history.every, seconds{1}, std::chrono::minutes{10}, "How often it is looked whether there is something to close, roll up, pack or drop."));
    keys.push_back(key("history.monitors_at_once", history.monitors_at_once, 1, 10'000, "Monitors rolled up in one transaction."));
    keys.push_back(key("history.results_at_once", history.results_at_once, 100, 1'000'000, "Results packed in one transaction, about."));
    keys.push_back(key("rollups.hourly_retention", history.keep_hours, kDay * 2, kYear * 10,
                       "How long hourly roll-ups are kept. Daily ones, and states over time, are kept for ever."));
    keys.push_back(key("ledger.minutes_retention", history.keep_minutes, kDay * 2, kYear * 10,
                       "How long the account of slots is kept by minutes; after that by hours."));
    keys.push_back(key("ledger.warn_missed_percent", history.warn_missed, 0, 100,
                       "When so many of a region's slots of a minute were missed, that is told (coverage.missed); 0: when any was."));
}

DispatchLimits dispatch_limits(const SchedulerConfig& config) {
    DispatchLimits limits;
    limits.batch.jobs = static_cast<std::size_t>(config.batch_jobs);
    limits.batch.bytes = static_cast<std::size_t>(config.batch_bytes);
    limits.queue.jobs = static_cast<std::size_t>(config.backlog_jobs);
    limits.queue.in_flight = config.in_flight_batches;
    limits.publish_timeout = config.publish_timeout;
    limits.ahead = config.tick + config.lead;
    limits.account_back = config.account_back;
    return limits;
}

}  // namespace sonde::scheduler
