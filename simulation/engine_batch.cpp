// One batch in one transaction, with time and danger between its steps: as incident-engine/worker.cpp and transaction.cpp.
#include <algorithm>

#include "lib/message/job.h"
#include "simulation/engine.h"
#include "simulation/referee.h"
#include "simulation/text.h"

namespace sonde::simulation {
namespace {

constexpr milliseconds kBatchLinger{20};
constexpr std::size_t kBatchResults = 200;
constexpr std::size_t kDueAtOnce = 100;
constexpr std::chrono::hours kOldestSlot{24};
constexpr std::chrono::minutes kNewestSlot{5};
constexpr milliseconds kCommandPoll{1000};
constexpr milliseconds kPublishDeadline{2000};

decision::Command command_of(const CommandRow& row) {
    decision::Command command;
    command.actor = "ann";
    command.action = row.kind == EditKind::acknowledge ? decision::Action::acknowledge
                     : row.kind == EditKind::comment   ? decision::Action::comment
                                                       : decision::Action::resolve;
    return command;
}

}  // namespace

void Engine::received(int shard, Delivered delivered) {
    if (!held_.contains(shard)) return;
    auto batch = message::read_result_batch(*delivered.payload);
    if (!batch || batch->region != delivered.origin) {
        world_.trace.line(name(), "puts a malformed message aside");
        world_.bus.acknowledge("core", delivered);
        return;
    }
    inbox_.push_back({std::move(delivered), shard, *std::move(batch)});
    wake_by(now() + kBatchLinger);
}

// After a failure the messages of the batch are still here: they go first, alone.
void Engine::gather() {
    if (now() >= next_commands_) {
        world_.database.reach(*this);
        next_commands_ = now() + kCommandPoll;
        batch_.commands.clear();
        for (const auto& row : world_.database.commands) {
            if (!row.done && held_.contains(row.shard)) batch_.commands.push_back(row);
        }
    }
    if (batch_.messages.empty()) take_messages();
    if (batch_.due.empty()) batch_.due = timers_.take_due(clock_.now(), kDueAtOnce, holdings_);
}

void Engine::take_messages() {
    std::size_t results = 0;
    while (!inbox_.empty() && results < (is_slow() ? 1 : kBatchResults)) {
        results += inbox_.front().batch.results.size();
        clock_.took(inbox_.front().shard, inbox_.front().delivered.stored_at);
        batch_.messages.push_back(std::move(inbox_.front()));
        inbox_.pop_front();
        if (world_.sabotage == Sabotage::acknowledge_first) world_.bus.acknowledge("core", batch_.messages.back().delivered);
    }
    engine::StreamClock::Waiting waiting{};
    for (const auto& message : inbox_) waiting[static_cast<std::size_t>(message.shard)] = true;
    if (world_.sabotage == Sabotage::own_clock) waiting = {};
    clock_.turn(waiting, now());
}

void Engine::open_transaction() {
    const auto work = std::make_shared<Work>();
    work->transaction = world_.database.begin(*this, owner_, leases(), world_.sabotage != Sabotage::no_fence);
    open_ = work->transaction;
    const auto thinks = is_slow() ? world_.dice.between(milliseconds{100}, milliseconds{1500}) : world_.dice.between(milliseconds{1}, milliseconds{8});
    later(thinks, [this, work] {
        deliberate(*work);
        later(world_.dice.between(milliseconds{1}, milliseconds{8}), [this, work] { commit(work); });
    });
}

std::vector<engine::Seen> Engine::sort() const {
    std::vector<engine::Seen> sorted;
    for (const auto& message : batch_.messages) {
        const auto region = holdings_.regions.id_of(message.delivered.origin);
        if (!region) continue;
        for (const auto& result : message.batch.results) {
            const auto held = holdings_.monitors.find(result.monitor);
            if (held == holdings_.monitors.end() || held->second.shard != message.shard) continue;
            if (held->second.definition.voter(*region) == nullptr) continue;
            if (result.slot < now() - kOldestSlot || result.slot > now() + kNewestSlot) continue;
            sorted.push_back({&result, *region, message.delivered.origin, message.shard, message.delivered.stored_at});
        }
    }
    return sorted;
}

void Engine::deliberate(Work& work) {
    look_at_windows();
    work.deliberation = std::make_unique<engine::Deliberation>(holdings_, clock_.now(), now() - clock_.now());
    auto& deliberation = *work.deliberation;
    const auto held = [&](MonitorId monitor) { return holdings_.monitors.contains(monitor); };
    world_.referee.deliberates(name(), now() - clock_.now());
    for (const auto monitor : batch_.reread) {
        if (!held(monitor)) continue;
        const auto reason = deliberation.definition_read(monitor);
        if (reason != decision::Reason::nothing_due) world_.trace.line(name(), "{} read anew → {}", world_.referee.label(monitor), name_of(reason));
        world_.referee.decided(name(), deliberation, holdings_.monitors.at(monitor).definition, nullptr);
    }
    std::set<ResultKey> in_batch;
    for (const auto& seen : sort()) {
        const auto& result = *seen.result;
        const ResultKey key{result.monitor, result.slot, std::string(seen.region_name), result.attempt};
        if (world_.sabotage != Sabotage::count_duplicates && (world_.database.has_result(key) || !in_batch.insert(key).second)) continue;
        work.fresh.push_back(seen);
        const auto reason = deliberation.result(seen);
        if (world_.trace.wanted()) {
            world_.trace.line(name(), "{} {} slot {:.3f}{}: {} → {}", seen.region_name, world_.referee.label(result.monitor), world_.trace.seconds_of(result.slot),
                              result.attempt > 0 ? fmt::format(" #{}", result.attempt) : "", verdict_text(result), name_of(reason));
        }
        world_.referee.decided(name(), deliberation, holdings_.monitors.at(result.monitor).definition, &seen);
    }
    answer_commands(deliberation);
    for (const auto monitor : batch_.due) {
        if (!held(monitor)) continue;
        const auto shard = static_cast<std::size_t>(holdings_.monitors.at(monitor).shard);
        const auto reason = deliberation.tick(monitor, listening_since_[shard], clock_.now());
        if (reason != decision::Reason::nothing_due) world_.trace.line(name(), "{} tick → {}", world_.referee.label(monitor), name_of(reason));
        world_.referee.decided(name(), deliberation, holdings_.monitors.at(monitor).definition, nullptr);
    }
    judge_held(deliberation);
    if (batch_.look) deliberation.look_everywhere();
    if (batch_.radius) {
        std::vector<decision::Incident> open;
        for (const auto& [id, incident] : world_.database.incidents) {
            const bool ours = incident.state != decision::IncidentState::resolved && incident.scope == decision::Scope::outage && held_.contains(shard_of(incident.site));
            if (ours) open.push_back(incident);
        }
        for (const auto& incident : open) {
            const auto seen = world_.database.radius_of(incident);
            if (seen.monitors > 0 || incident.affected_monitors > 0) deliberation.radius(incident.site, seen);
        }
    }
    deliberation.settle();
    world_.referee.settled(name(), deliberation);
}

// People speak of the newest incident of a site.
void Engine::answer_commands(engine::Deliberation& deliberation) {
    for (const auto& row : batch_.commands) {
        std::optional<decision::Incident> named;
        for (const auto& [id, incident] : world_.database.incidents) {
            if (incident.site == row.site && (!named || incident.opened_at >= named->opened_at)) named = incident;
        }
        const auto id = named ? named->id : IncidentId{};
        const auto outcome = deliberation.command(row.number, id, std::move(named), command_of(row), {});
        world_.trace.line(name(), "{} → {}", name_of(row.kind), name_of(outcome));
    }
}

void Engine::commit(const std::shared_ptr<Work>& work) {
    const auto& writes = work->deliberation->writes();
    try {
        if (!writes.empty() || !work->fresh.empty()) {
            world_.database.commit(*this, *work->transaction, writes, work->fresh, work->deliberation->now(),
                                   world_.sabotage == Sabotage::count_duplicates);
        } else {
            world_.database.roll_back(*work->transaction);
        }
    } catch (const Unreachable& unreachable) {
        return failed(false, unreachable.what());
    } catch (const Refused& refused) {
        // PostgreSQL would have rolled back and the message been put aside: nothing a sound engine ever meets.
        world_.referee.broke("refused", refused.what());
        world_.database.roll_back(*work->transaction);
        batch_.messages.clear();
        return failed(false, refused.what());
    }
    later(world_.dice.between(milliseconds{0}, milliseconds{3}), [this, work] { take_over(work); });
}

void Engine::take_over(const std::shared_ptr<Work>& work) {
    auto& deliberation = *work->deliberation;
    const auto& writes = deliberation.writes();
    ask(writes);
    std::vector<MonitorId> touched(batch_.due);
    touched.insert(touched.end(), batch_.reread.begin(), batch_.reread.end());
    for (const auto& [monitor, state] : writes.states) touched.push_back(monitor);
    deliberation.apply(holdings_);
    for (const auto monitor : touched) arm(monitor);
    for (const auto& message : batch_.messages) world_.bus.acknowledge("core", message.delivered);
    batch_ = {};
    pause_ = milliseconds{0};
    busy_ = false;
    wake_by(inbox_.empty() ? now() + milliseconds{1} : now());
}

void Engine::ask(const engine::Writes& writes) {
    for (const auto& one : writes.asking) {
        const auto row = std::find_if(world_.database.monitors.begin(), world_.database.monitors.end(),
                                      [&](const MonitorRow& candidate) { return candidate.planned.id == one.monitor; });
        const auto job = job_template(*row);
        std::string text = "asks";
        for (const auto& ask : one.confirm.asks) {
            const auto region = holdings_.regions.name_of(ask.region);
            message::JobBatchWriter writer(region);
            writer.add(job, one.confirm.slot, ask.attempt, message::JobReason::confirm, ask.not_before, ask.not_after);
            world_.bus.publish(*this, "core", "urgent." + region, region, writer.take(), kPublishDeadline, [](bus::PublishOutcome) {});
            if (world_.trace.wanted()) text += fmt::format(" {}#{}", region, ask.attempt);
        }
        world_.trace.line(name(), "{} {}", world_.referee.label(one.monitor), text);
    }
}

}  // namespace sonde::simulation
