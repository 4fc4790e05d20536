#include "incident-engine/transaction.h"

#include <algorithm>

#include "incident-engine/catalog.h"
#include "incident-engine/commands.h"
#include "incident-engine/expiry_store.h"
#include "incident-engine/relations_store.h"
#include "incident-engine/store.h"
#include "lib/base/slot_range.h"
#include "lib/json/json.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;


double in_seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

void log_edges(const Writes& writes) {
    for (const auto& row : writes.expiries) {
        if (row.told_before) continue;
        log::info("expiry_told", "monitor", row.monitor.text(), "what", name_of(row.told.what), "threshold_days", row.told.threshold_days,
                  "ends_at", to_rfc3339(row.told.ends_at));
    }
    for (const auto& row : writes.timeline) {
        const auto& incident = writes.incidents.at(row.incident);
        if (row.entry.kind == decision::TimelineKind::opened) {
            log::info("incident_opened", "incident", row.incident.text(), "site", incident.site.text(), "scope", name_of(incident.scope),
                      "reason", name_of(row.entry.reason), "title", incident.title);
        } else if (row.entry.kind == decision::TimelineKind::resolved) {
            log::info("incident_resolved", "incident", row.incident.text(), "site", incident.site.text(), "scope", name_of(incident.scope),
                      "reason", name_of(row.entry.reason), "by", incident.resolved_by);
        }
    }
}

}  // namespace

Transaction::Transaction(db::Pool& pool, const crypto::SecretBox& secrets, bus::Bus& bus, Jurisdiction& jurisdiction,
                         Confirmations& confirmations, Hearing& hearing, RegionWatch& regions, Options options, Metrics& metrics)
    : pool_(pool),
      secrets_(secrets),
      bus_(bus),
      jurisdiction_(jurisdiction),
      confirmations_(confirmations),
      hearing_(hearing),
      regions_(regions),
      metrics_(metrics),
      reopen_within_(options.reopen_within),
      sights_(options.sights, metrics) {}

Transaction::Sorted Transaction::sort(const Batch& batch, TimePoint wall) const {
    Sorted sorted;
    const auto& holdings = jurisdiction_.holdings();
    sorted.results.reserve(batch.results());
    const auto refuse = [&](Refusal why, std::size_t n = 1) { sorted.refused[static_cast<std::size_t>(why)] += n; };
    for (const auto& message : batch.messages) {
        const auto region = holdings.regions.id_of(message.region);
        if (!region) {
            refuse(Refusal::unknown_region, message.batch.results.size());
            continue;
        }
        for (const auto& result : message.batch.results) {
            const auto held = holdings.monitors.find(result.monitor);
            if (held == holdings.monitors.end() || held->second.shard != message.parcel.shard) {
                refuse(Refusal::unknown_monitor);
            } else if (held->second.definition.voter(*region) == nullptr) {
                refuse(Refusal::region_not_asked);
            } else if (result.slot < wall - kOldestSlot || result.slot > wall + kNewestSlot) {
                refuse(Refusal::slot_out_of_range);
            } else {
                sorted.results.push_back({&result, *region, message.region, message.parcel.shard, message.parcel.reached});
            }
        }
    }
    return sorted;
}

void Transaction::begin(std::optional<db::Tx>& tx) {
    tx.reset();
    sights_.rolled_back();
    tx.emplace(pool_.begin());
    jurisdiction_.shards().fence(*tx);
}

// Nearly always all are new. Only if not, it is worth asking which.
std::vector<bool> Transaction::insert(std::optional<db::Tx>& tx, const std::vector<Seen>& results, TimePoint wall) {
    const auto fresh = store::insert_results(*tx, results, sights_.number(*tx, results, wall));
    if (static_cast<std::size_t>(fresh) == results.size()) return std::vector<bool>(results.size(), true);
    if (fresh == 0) return std::vector<bool>(results.size(), false);
    begin(tx);
    return store::insert_results_telling(*tx, results, sights_.number(*tx, results, wall));
}

// What was acknowledged was decided on and is in memory: this thread acknowledges after it has taken a decision over.
decision::Reason Transaction::tick(MonitorId monitor, Deliberation& deliberation) {
    const auto& watched = jurisdiction_.holdings().monitors.at(monitor);
    const auto deadline = watched.state.heartbeat.deadline;
    const auto heard_until = hearing_.heard_until(watched.shard);
    if (deadline && *deadline < deliberation.now() && heard_until < *deadline + decision::kLatePingsWay) {
        hearing_.want(watched.shard);
        return decision::Reason::nothing_due;  // and soon again; while the bus is away that may be many
    }
    return deliberation.tick(monitor, jurisdiction_.listening_since(watched.shard), heard_until);
}

// Outages that one domain alone sees: told if its region is well, and left waiting if it may not be.
void Transaction::judge(Deliberation& deliberation) {
    const auto& holdings = jurisdiction_.holdings();
    std::vector<MonitorId> waiting(holdings.held.begin(), holdings.held.end());
    waiting.insert(waiting.end(), deliberation.held().begin(), deliberation.held().end());
    metrics_.outages_held.add(deliberation.held().size());
    for (const auto monitor : waiting) {
        const auto* state = deliberation.state(monitor);
        if (state == nullptr || !state->suspicion || !state->suspicion->held_since) continue;
        const auto judgement = regions_.judgement_on(rests_on(*state), state->suspicion->first_at, jurisdiction_.shards().owned().size(), deliberation.now());
        if (judgement != decision::Judgement::open) deliberation.judged(monitor, judgement == decision::Judgement::well);
    }
}

Committed Transaction::run(Batch& batch) {
    const auto started = Clock::now();
    const auto wall = wall_now();
    const auto now = batch.now;
    auto& holdings = jurisdiction_.holdings();
    const auto sorted = sort(batch, wall);
    // Decisions of one batch are taken by the windows of its own instant.
    if (holdings.relations.open.outdated(now)) {
        holdings.relations.open.look(holdings.relations.windows, now);
        batch.look = true;
    }
    Deliberation deliberation(holdings, now, std::max(wall - now, milliseconds{0}));
    const auto held = [&](MonitorId monitor) { return holdings.monitors.find(monitor) != holdings.monitors.end(); };

    for (const auto monitor : batch.reread) {
        if (held(monitor)) deliberation.definition_read(monitor);
    }
    for (const auto& orphan : batch.orphans) {
        deliberation.leaves(orphan.site, orphan.scope, orphan.monitor, decision::Reason::monitor_deleted);
    }

    for (const auto site : batch.gone) deliberation.site_gone(site);

    std::optional<db::Tx> tx;
    std::vector<bool> is_new;
    std::uint64_t late = 0;
    std::size_t unkept_evidence = 0;
    if (!sorted.results.empty()) {
        begin(tx);
        is_new = insert(tx, sorted.results, wall);
        std::vector<Seen> fresh;
        fresh.reserve(sorted.results.size());
        for (std::size_t i = 0; i < sorted.results.size(); ++i) {
            if (!is_new[i]) continue;
            fresh.push_back(sorted.results[i]);
            if (deliberation.result(sorted.results[i]) == decision::Reason::vote_late) ++late;
        }
        store::account(*tx, fresh);
        store::note_late(*tx, fresh, wall);
        unkept_evidence = store::insert_evidence(*tx, fresh);
    }
    if (batch.commands) {
        if (!tx) begin(tx);
        commands::answer(*tx, jurisdiction_.shard_numbers(), reopen_within_, deliberation);
    }
    for (const auto monitor : batch.due) {
        if (held(monitor)) tick(monitor, deliberation);
    }
    judge(deliberation);

    if (batch.look) deliberation.look_everywhere();
    if (batch.radius) {
        if (!tx) begin(tx);
        for (const auto& radius : relations_store::radii(*tx, jurisdiction_.shard_numbers())) deliberation.radius(radius.site, radius.seen);
    }
    deliberation.settle();

    const auto& writes = deliberation.writes();
    JobTemplates templates;
    if (tx || !writes.empty()) {
        if (!tx) begin(tx);
        deliberation.told_before(expiry_store::tell(*tx, writes, now));  // before anything that follows from it
        store::write(*tx, writes, now);
        templates = load_templates(*tx, secrets_, writes.asking);
        tx->commit();
        sights_.committed();
        tx.reset();
        metrics_.transaction.observe(in_seconds(Clock::now() - started));
    }

    // From here on it has happened.
    const Committed committed{!writes.events.empty()};
    count(sorted, is_new, writes, late, wall_now());
    if (unkept_evidence > 0) metrics_.evidence_too_long.add(unkept_evidence);
    log_edges(writes);
    confirmations_.send(writes.asking, templates, holdings.regions);
    take_over(batch, deliberation, writes);
    return committed;
}

void Transaction::take_over(Batch& batch, Deliberation& deliberation, const Writes& writes) {
    std::vector<MonitorId> touched;
    touched.reserve(writes.states.size() + batch.due.size() + batch.reread.size());
    for (const auto& [monitor, state] : writes.states) touched.push_back(monitor);
    touched.insert(touched.end(), batch.due.begin(), batch.due.end());
    touched.insert(touched.end(), batch.reread.begin(), batch.reread.end());
    const auto now = deliberation.now();
    deliberation.apply(jurisdiction_.holdings());
    for (const auto monitor : touched) jurisdiction_.arm(monitor, now);
    for (const auto& message : batch.messages) bus_.ack(message.parcel.delivery);
    batch = {};
}

void Transaction::count(const Sorted& sorted, const std::vector<bool>& is_new, const Writes& writes, std::uint64_t late,
                        TimePoint committed_at) {
    for (std::size_t i = 0; i < sorted.refused.size(); ++i) {
        if (sorted.refused[i] > 0) metrics_.refused[i]->add(sorted.refused[i]);
    }
    if (!sorted.results.empty()) metrics_.batch_results.observe(static_cast<double>(sorted.results.size()));
    std::array<std::uint64_t, 4> verdicts{};
    std::uint64_t duplicates = 0;
    for (std::size_t i = 0; i < sorted.results.size(); ++i) {
        const auto& result = *sorted.results[i].result;
        if (!is_new[i]) {
            ++duplicates;
            continue;
        }
        ++verdicts[static_cast<std::size_t>(result.verdict)];
        const auto ended = result.started_at + std::chrono::duration_cast<milliseconds>(result.phases.total);
        metrics_.latency.observe(std::chrono::duration<double>(std::max(committed_at - ended, milliseconds{0})).count());
    }
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i] > 0) metrics_.results[i]->add(verdicts[i]);
    }
    if (duplicates > 0) metrics_.duplicates.add(duplicates);
    if (late > 0) metrics_.late.add(late);
    if (!writes.answers.empty()) metrics_.commands.add(writes.answers.size());
    for (const auto& row : writes.timeline) {
        if (row.entry.kind == decision::TimelineKind::opened) metrics_.incidents_opened.add();
        if (row.entry.kind == decision::TimelineKind::resolved) metrics_.incidents_resolved.add();
    }
}

}  // namespace sonde::engine
