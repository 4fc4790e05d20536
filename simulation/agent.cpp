#include "simulation/agent.h"

#include <algorithm>

#include "simulation/referee.h"
#include "simulation/text.h"

namespace sonde::simulation {
namespace {

// The defaults of probe-agent/config.h and the constants of probe-agent/work.
constexpr milliseconds kLinger{500};
constexpr milliseconds kNewsLinger{20};
constexpr milliseconds kRetryFor{15'000};
constexpr milliseconds kRetryEvery{250};
constexpr milliseconds kAnswerWithin{5'000};
constexpr milliseconds kPresence{5'000};
constexpr milliseconds kStillAtIt{2'000};
// Scheduled checks start in steps of this.
using Step = std::chrono::duration<std::int64_t, std::ratio<1, 10>>;

}  // namespace

Agent::Agent(const World& world, std::string region, std::string name) : Process(world.clockwork, std::move(name)), world_(world), region_(std::move(region)) {}

void Agent::begin() {
    world_.trace.line(name(), "starts");
    filter_ = {};
    for (const auto* stream : {"urgent", "jobs"}) {
        world_.bus.subscribe(*this, region_, fmt::format("{}.{}", stream, region_), [this](Delivered delivered) { received(std::move(delivered)); });
    }
    ask_the_time();
    later(kStillAtIt, [this] { still_at_it(); });
    backfill();
}

void Agent::forget() {
    receipts_.clear();
    by_message_.clear();
    gathering_ = {};
    flushing_ = {};
    parcels_.clear();
    delayed_.clear();
    backfilling_ = false;
}

// A question to the control plane and its answer; what is lost is asked again.
void Agent::ask_the_time() {
    later(kPresence, [this] { ask_the_time(); });
    ask_once(true);
}

void Agent::ask_once(bool may_ask_again) {
    if (!world_.weather.bus_reached(region_, now())) return;
    if (world_.weather.lasts(Fault::loss, {}, now()) && world_.dice.chance(0.3)) return;
    const auto asked = now() + ahead_;
    const auto there = world_.dice.between(milliseconds{1}, milliseconds{20});
    const auto back = world_.dice.between(milliseconds{1}, milliseconds{20});
    const auto theirs = now() + there;
    later(there + back, [this, asked, theirs, may_ask_again] {
        const bool doubted = filter_.add(asked, theirs, now() + ahead_) == agent::ClockFilter::Heard::doubted;
        if (doubted && may_ask_again) ask_once(false);
    });
}

void Agent::still_at_it() {
    later(kStillAtIt, [this] { still_at_it(); });
    for (const auto& [id, receipt] : receipts_) world_.bus.still_at_it(region_, receipt.message);
}

void Agent::received(Delivered delivered) {
    auto batch = message::read_job_batch(*delivered.payload);
    if (!batch || batch->region != region_) {
        world_.trace.line(name(), "puts a malformed message aside");
        return world_.bus.acknowledge(region_, delivered);
    }
    const std::pair key(delivered.stream, delivered.sequence);
    if (const auto known = by_message_.find(key); known != by_message_.end()) {
        receipts_.at(known->second).message = std::move(delivered);
        return;
    }
    const auto receipt = ++last_;
    by_message_[key] = receipt;
    receipts_[receipt] = {std::move(delivered), static_cast<int>(batch->jobs.size())};
    for (const auto& job : batch->jobs) consider(job, receipt);
}

void Agent::consider(const message::Job& job, ReceiptId receipt) {
    if (clock() > job.not_after) return settle(receipt, 1);
    if (job.not_before <= clock()) return check(job, receipt);
    const bool scheduled = job.reason == message::JobReason::schedule;
    delayed_.emplace(scheduled ? TimePoint{std::chrono::ceil<Step>(job.not_before)} : job.not_before, std::pair(job, receipt));
    wake_delayed();
}

// Whatever wakes us, the clock may have been set since the last time.
void Agent::wake_delayed() {
    while (!delayed_.empty() && delayed_.begin()->first <= clock()) {
        const auto [job, receipt] = std::move(delayed_.extract(delayed_.begin()).mapped());
        if (clock() > job.not_after) {
            unrun(job, receipt);
        } else {
            check(job, receipt);
        }
    }
    if (delayed_.empty()) return;
    const auto number = ++alarm_;
    later(delayed_.begin()->first - clock() + milliseconds{1}, [this, number] {
        if (number == alarm_) wake_delayed();
    });
}

// It waited here until it was worthless: that is what there is to report.
void Agent::unrun(const message::Job& job, ReceiptId receipt) {
    message::ProbeResult result;
    result.monitor = job.monitor;
    result.site = job.site;
    result.revision = job.revision;
    result.slot = job.slot;
    result.attempt = job.attempt;
    result.reason = job.reason;
    result.started_at = clock();
    result.cause = check::FailureClass::agent_overload;
    report(std::move(result), receipt);
}

void Agent::check(const message::Job& job, ReceiptId receipt) {
    const auto row = std::find_if(world_.database.monitors.begin(), world_.database.monitors.end(),
                                  [&](const MonitorRow& candidate) { return candidate.planned.id == job.monitor; });
    // What a cut message names is nobody's.
    if (row == world_.database.monitors.end() || job.revision < 1 || static_cast<std::size_t>(job.revision) > row->specs.size()) return settle(receipt, 1);
    const auto [spec, well] = row->specs[static_cast<std::size_t>(job.revision) - 1];
    message::ProbeResult result;
    result.monitor = job.monitor;
    result.site = job.site;
    result.revision = job.revision;
    result.slot = job.slot;
    result.attempt = job.attempt;
    result.reason = job.reason;
    result.started_at = clock();
    const auto began = now();
    auto took = world_.dice.between(milliseconds{5}, milliseconds{80});
    if (world_.weather.lasts(Fault::overload, region_, began)) {
        result.verdict = check::Verdict::unknown;
        result.cause = check::FailureClass::agent_overload;
    } else {
        const auto sight = world_.weather.see(row->index, region_, well, began);
        result.verdict = sight.verdict;
        result.cause = sight.cause;
        if (sight.cause == check::FailureClass::connect_timeout) took = job.timeout;
        if (sight.cause == check::FailureClass::too_slow) took = job.timeout * 3 / 4;
    }
    result.phases.total = took;
    world_.trace.line(name(), "checks {} slot {:.3f}{}: {}", row->planned.name, world_.trace.seconds_of(job.slot),
                      job.attempt > 0 ? fmt::format(" #{}", job.attempt) : "", verdict_text(result));
    later(took, [this, result = std::move(result), receipt, began, spec = spec] {
        world_.referee.checked(result, region_, began, spec);
        report(result, receipt);
    });
}

void Agent::report(message::ProbeResult result, ReceiptId receipt) {
    const int shard = shard_of(result.site);
    const auto at = static_cast<std::size_t>(shard);
    const bool news = result.verdict != check::Verdict::up || result.reason != message::JobReason::schedule;
    gathering_[at].results.push_back(std::move(result));
    ++gathering_[at].receipts[receipt];
    if (!news && flushing_[at]) return;
    flushing_[at] = true;
    later(news ? kNewsLinger : kLinger, [this, shard] { flush(shard); });
}

void Agent::flush(int shard) {
    const auto at = static_cast<std::size_t>(shard);
    flushing_[at] = false;
    auto& gathering = gathering_[at];
    if (gathering.results.empty()) return;
    const auto id = ++last_;
    message::ResultBatch batch{region_, name(), shard, clock(), std::move(gathering.results)};
    parcels_[id] = {shard, message::write_result_batch(batch), std::move(gathering.receipts), now(), false};
    gathering = {};
    send(id);
}

void Agent::send(std::uint64_t id) {
    const auto found = parcels_.find(id);
    if (found == parcels_.end()) return;
    const auto& parcel = found->second;
    world_.bus.publish(*this, region_, fmt::format("results.{}", parcel.shard), region_, parcel.payload, kAnswerWithin, [this, id](bus::PublishOutcome outcome) {
        const auto sent = parcels_.find(id);
        if (sent == parcels_.end()) return;
        if (outcome != bus::PublishOutcome::accepted) return not_accepted(id);
        const auto done = std::move(sent->second);
        parcels_.erase(sent);
        world_.referee.accepted(done.payload, done.shard, region_);
        if (done.backfill) {
            spool_.pop_front();
            backfilling_ = false;
        }
        for (const auto& [receipt, jobs] : done.receipts) settle(receipt, jobs);
        backfill();
    });
}

void Agent::not_accepted(std::uint64_t id) {
    const auto found = parcels_.find(id);
    if (found->second.backfill) {
        parcels_.erase(found);
        backfilling_ = false;
        return later(kRetryEvery, [this] { backfill(); });
    }
    if (now() - found->second.made < kRetryFor) return later(kRetryEvery, [this, id] { send(id); });
    const auto parcel = std::move(found->second);
    parcels_.erase(found);
    world_.trace.line(name(), "puts results by");
    spool_.emplace_back(parcel.shard, parcel.payload);
    for (const auto& [receipt, jobs] : parcel.receipts) settle(receipt, jobs);
    backfill();
}

void Agent::backfill() {
    if (backfilling_ || spool_.empty()) return;
    auto batch = message::read_result_batch(spool_.front().second);
    for (auto& result : batch->results) result.backfilled = true;
    backfilling_ = true;
    const auto id = ++last_;
    parcels_[id] = {spool_.front().first, message::write_result_batch(*batch), {}, now(), true};
    send(id);
}

void Agent::settle(ReceiptId receipt, int jobs) {
    const auto found = receipts_.find(receipt);
    if (found == receipts_.end()) return;
    found->second.unsettled -= jobs;
    if (found->second.unsettled > 0) return;
    world_.bus.acknowledge(region_, found->second.message);
    by_message_.erase({found->second.message.stream, found->second.message.sequence});
    receipts_.erase(found);
}

}  // namespace sonde::simulation
