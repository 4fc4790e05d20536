#include "simulation/scheduler.h"

#include <algorithm>

#include "simulation/text.h"

namespace sonde::simulation {
namespace {

using scheduler::Dispatcher;

// The defaults of controlplane/scheduler/config.h.
constexpr milliseconds kTick{1'000};
constexpr milliseconds kLead{250};
constexpr milliseconds kMemberLease{5'000};
constexpr milliseconds kRenewEvery{1'500};
constexpr milliseconds kLeaseGrace{60'000};
constexpr milliseconds kPollEvery{1'000};
constexpr milliseconds kCursorEvery{2'000};
constexpr milliseconds kDrain{1'000};
constexpr milliseconds kBetweenRounds{100};
constexpr milliseconds kAfterFailure{500};

std::string share_lease(int share) { return fmt::format("scheduler/{}", share); }

}  // namespace

Scheduler::Scheduler(Clockwork& clockwork, Dice& dice, Bus& bus, Database& database, Trace& trace, const Plan& plan, Sabotage sabotage, std::string name)
    : Process(clockwork, std::move(name)), dice_(dice), bus_(bus), database_(database), trace_(trace), plan_(plan), sabotage_(sabotage) {}

void Scheduler::begin() {
    owner_ = fmt::format("{}/{}", name(), life());
    trace_.line(name(), "starts");
    memory_ = std::make_unique<Memory>();
    scheduler::DispatchLimits limits;
    limits.ahead = kTick + kLead;
    memory_->dispatcher = std::make_unique<Dispatcher>(
        limits, memory_->metrics,
        [this](scheduler::BatchId id, const std::string& region, std::string text, milliseconds deadline) { publish(id, region, std::move(text), deadline); }, now());
    std::vector<std::string> names;
    for (const auto& region : plan_.regions) names.push_back(region.name);
    memory_->dispatcher->set_regions(names);
    later(milliseconds{1}, [this] { round(); });
    later(dice_.between(milliseconds{2}, kTick), [this] { pace(); });
}

void Scheduler::forget() { memory_.reset(); }

void Scheduler::publish(scheduler::BatchId id, const std::string& region, std::string text, milliseconds deadline) {
    bus_.publish(*this, "core", "jobs." + region, region, std::move(text), deadline, [this, id](bus::PublishOutcome outcome) {
        // Answers are read by the next tick; that it is here at once makes no difference to the dispatcher.
        memory_->dispatcher->answered(id, outcome, now());
    });
}

void Scheduler::pace() {
    later(kTick, [this] { pace(); });
    if (now() - memory_->last_renewed < kMemberLease + kLeaseGrace) memory_->dispatcher->tick(now());
}

void Scheduler::round() {
    auto pause = kBetweenRounds;
    try {
        auto& memory = *memory_;
        if (now() >= memory.next_renewal) renew();
        if (now() >= memory.next_poll) follow_changes();
        while (!memory.to_take.empty()) {
            const auto [share, lease] = *memory.to_take.begin();
            take(share, lease);
            memory.to_take.erase(share);
        }
        if (now() >= memory.next_cursor) move_cursors();
        finish_closing();
    } catch (const std::runtime_error& error) {
        trace_.line(name(), "fails: {}", error.what());
        pause = kAfterFailure;
    }
    const auto& memory = *memory_;
    const bool closing = std::any_of(memory.held.begin(), memory.held.end(), [](const auto& item) { return item.second.closing; });
    if (!closing) pause = std::max(pause, std::min({memory.next_renewal, memory.next_poll, memory.next_cursor}) - now());
    later(pause, [this] { round(); });
}

void Scheduler::renew() {
    auto& memory = *memory_;
    database_.hold(*this, owner_, {"scheduler/member/" + owner_}, 1, kMemberLease);
    const auto live = std::max(1, database_.live("scheduler/member/"));
    const auto allowed = static_cast<std::size_t>((kSchedulerShares + live - 1) / live);
    std::vector<std::string> names;
    for (const auto& [share, held] : memory.held) names.push_back(share_lease(share));
    for (int share = 0; share < kSchedulerShares; ++share) {
        if (!memory.held.contains(share)) names.push_back(share_lease(share));
    }
    const auto leases = database_.hold(*this, owner_, names, std::max(allowed, memory.held.size()), kMemberLease);
    memory.to_take.clear();
    for (const auto& lease : leases) memory.to_take.emplace(std::stoi(lease.name.substr(10)), lease);
    for (const auto& [share, held] : std::map(memory.held)) {
        const auto still = memory.to_take.find(share);
        if (still == memory.to_take.end() || still->second.epoch != held.lease.epoch) {
            lose(share);
        } else {
            memory.to_take.erase(still);
        }
    }
    auto open = static_cast<std::size_t>(std::count_if(memory.held.begin(), memory.held.end(), [](const auto& item) { return !item.second.closing; }));
    for (auto item = memory.held.rbegin(); item != memory.held.rend() && open > allowed; ++item) {
        if (item->second.closing) continue;
        item->second.closing = true;
        item->second.close_by = now() + kDrain;
        memory.dispatcher->close_share(item->first);
        --open;
    }
    memory.last_renewed = now();
    memory.next_renewal = now() + kRenewEvery;
}

scheduler::Definition Scheduler::definition_of(const MonitorRow& row) const {
    scheduler::Definition made;
    made.id = row.planned.id;
    made.revision = row.version;
    made.share = scheduler_share_of(made.id);
    made.timing = {row.planned.interval, phase_of(made.id, row.planned.interval)};
    made.timeout = row.planned.timeout;
    made.placement = row.planned.rotates ? scheduler::Placement::rotate : scheduler::Placement::all;
    made.regions = row.planned.regions;
    made.created_at = row.created_at;
    made.job = job_template(row);
    return made;
}

void Scheduler::take(int share, const Lease& lease) {
    const auto cursor = database_.open_cursor(owner_, lease, share, now());
    std::vector<scheduler::Definition> definitions;
    for (const auto& row : database_.monitors) {
        if (!row.deleted && !row.paused && scheduler_share_of(row.planned.id) == share) definitions.push_back(definition_of(row));
    }
    if (!definitions.empty()) trace_.line(name(), "takes share {} from {:.3f}", share, trace_.seconds_of(cursor));
    memory_->dispatcher->take_share(share, cursor, cursor, std::move(definitions), now());
    memory_->held[share] = {lease, false, {}};
}

void Scheduler::lose(int share) {
    trace_.line(name(), "loses share {}", share);
    memory_->dispatcher->drop_share(share);
    memory_->held.erase(share);
    std::erase_if(memory_->unwritten, [share](const scheduler::CursorMove& move) { return move.share == share; });
}

void Scheduler::follow_changes() {
    auto& memory = *memory_;
    database_.reach(*this);
    if (!std::exchange(memory.following, true)) memory.change = database_.last_change();
    for (const auto index : database_.changes_since(memory.change)) {
        const auto& row = database_.monitors[index];
        if (row.deleted || row.paused) {
            memory.dispatcher->remove(row.planned.id);
        } else {
            memory.dispatcher->put(definition_of(row), now());
        }
    }
    memory.next_poll = now() + kPollEvery;
}

void Scheduler::move_cursors() {
    auto& memory = *memory_;
    memory.next_cursor = now() + kCursorEvery;
    if (memory.unwritten.empty()) memory.unwritten = memory.dispatcher->collect_moves();
    if (sabotage_ == Sabotage::move_cursor_first) {
        // As if jobs counted as published when they are met.
        for (auto& move : memory.unwritten) move.to = std::max(move.to, *memory.dispatcher->reached());
    }
    if (memory.unwritten.empty()) return;
    std::vector<Lease> leases;
    for (const auto& move : memory.unwritten) leases.push_back(memory.held.at(move.share).lease);
    std::vector<std::string> region_names;
    for (std::size_t i = 0; i < memory.dispatcher->roster().regions_known(); ++i) {
        region_names.push_back(memory.dispatcher->roster().region_name(static_cast<scheduler::RegionIndex>(i)));
    }
    try {
        const auto written = database_.write_moves(*this, owner_, leases, memory.unwritten, region_names);
        const auto moves = std::exchange(memory.unwritten, {});
        for (std::size_t i = 0; i < moves.size(); ++i) {
            if (!written[i]) lose(moves[i].share);
        }
    } catch (const FencedOff& fenced) {
        trace_.line(name(), "fenced: {}", fenced.what());
        memory.next_renewal = memory.next_cursor = {};
    }
}

void Scheduler::finish_closing() {
    auto& memory = *memory_;
    std::vector<int> done;
    for (const auto& [share, held] : memory.held) {
        if (held.closing && (memory.dispatcher->is_settled(share) || now() >= held.close_by)) done.push_back(share);
    }
    if (done.empty()) return;
    move_cursors();
    std::vector<std::string> names;
    for (const auto share : done) {
        if (!memory.held.contains(share)) continue;
        names.push_back(share_lease(share));
        memory.dispatcher->drop_share(share);
        memory.held.erase(share);
        std::erase_if(memory.unwritten, [share](const scheduler::CursorMove& move) { return move.share == share; });
    }
    database_.release(owner_, names);
}

}  // namespace sonde::simulation
