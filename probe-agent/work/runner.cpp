#include "probe-agent/work/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/judge.h"

namespace sonde::agent {
namespace {

constexpr milliseconds kSweep{1000};
// A burst of jobs must not keep the loop from its sockets: what the checks under way measure would be our delay.
// When turns become very long, fewer are started in each. Up to then the number is the same: a turn is as long as these take, and where others have the
// processor as well, half as many in turns of twice the length would be a quarter of what could be done.
constexpr int kStartsPerTurn = 50;
constexpr int kFewestStarts = 2;
constexpr milliseconds kGoodTurn{100};
constexpr milliseconds kSlack{1};  // timers fire on whole milliseconds
// Scheduled checks start in steps of this, some later than their slot by that much: each step wakes us, and our partners, once.
using Step = std::chrono::duration<std::int64_t, std::ratio<1, 10>>;
// What is due within this, when we are to leave, is not worth giving to others.
constexpr milliseconds kSoon{2'000};

double in_seconds(milliseconds duration) { return std::chrono::duration<double>(duration).count(); }

TimePoint start_of(const message::Job& job) {
    return job.reason == message::JobReason::schedule ? std::chrono::ceil<Step>(job.not_before) : job.not_before;
}

}  // namespace

Runner::Runner(uv::Loop& loop, Probe& probe, const Clock& clock, TargetCache& targets, Limits limits, Sink& sink,
               Metrics& metrics)
    : loop_(loop),
      probe_(probe),
      clock_(clock),
      targets_(targets),
      limits_(limits),
      sink_(sink),
      metrics_(metrics),
      queue_(limits),
      starts_left_(kStartsPerTurn),
      next_turn_(loop),
      wake_(loop),
      sweep_(loop),
      judge_thread_(loop) {
    sweep_.every(kSweep, [this] { sweep(); });
}

Runner::~Runner() = default;

void Runner::add(message::Job job, ReceiptId receipt, Lane lane) {
    const auto now = clock_.now();
    if (now > job.not_after) {
        metrics_.jobs_expired.add();
        return sink_.expired(receipt);
    }
    Task task{std::move(job), receipt, lane, now, nullptr};
    auto target = targets_.find(task.job);
    if (!target)
        return report_unrun(task, check::FailureClass::agent_error, "this agent cannot run the spec: " + target.error().message);
    task.target = std::move(*target);
    if (task.job.not_before > now) {
        task.due = task.job.not_before;
        delayed_.emplace(start_of(task.job), std::move(task));
        return wake_delayed();
    }
    enqueue(std::move(task));
    pump();
}

void Runner::enqueue(Task task) {
    const auto target = task.target;
    const auto lane = task.lane;
    const auto site = task.job.site;
    queue_.add(std::move(task), lane, check::kind_of(target->spec), site, target->host);
}

// Moves what has become due into its lane, and sets the timer for the next.
void Runner::wake_delayed() {
    const auto now = clock_.now();
    while (!delayed_.empty() && delayed_.begin()->first <= now) {
        enqueue(std::move(delayed_.extract(delayed_.begin()).mapped()));
    }
    if (!delayed_.empty()) wake_.once(delayed_.begin()->first - now + kSlack, [this] { wake_delayed(); });
    pump();
}

void Runner::forget_later() {
    delayed_.erase(delayed_.upper_bound(clock_.now() + kSoon), delayed_.end());
    if (delayed_.empty()) wake_.cancel();
}

void Runner::pump() {
    const auto now = clock_.now();
    while (starts_left_ > 0) {
        auto place = queue_.next();
        if (!place) return;
        if (now <= place->job().job.not_after) {
            start(std::move(*place), now);
            continue;
        }
        report_expired(place->job(), now);
        queue_.give_back(std::move(*place));
    }
}

void Runner::start(Queue::Place place, TimePoint now) {
    --starts_left_;
    if (!std::exchange(turn_ends_, true)) {
        turn_began_ = std::chrono::steady_clock::now();
        next_turn_.once(milliseconds{1}, [this] { end_turn(); });  // not 0: libuv would call it within the same turn
    }
    const auto& task = place.job();
    metrics_.lateness.observe(std::max(in_seconds(now - std::max(task.job.slot, task.job.not_before)), 0.0));
    const auto id = ++last_id_;
    auto target = task.target;
    const auto timeout = task.job.timeout;
    auto& running = running_.emplace(id, Running{std::move(place), now, nullptr}).first->second;
    running.attempt = probe_.start(std::move(target), timeout,
                                   [this, id](check::Observation observation) { finished(id, std::move(observation)); });
}

void Runner::end_turn() {
    turn_ends_ = false;
    const auto took = std::max(std::chrono::steady_clock::now() - turn_began_, MonotonicPoint::duration{kGoodTurn});
    starts_left_ = std::max(static_cast<int>(kStartsPerTurn * kGoodTurn / took), kFewestStarts);
    pump();
}

void Runner::finished(std::uint64_t id, check::Observation observation) {
    auto& running = running_.at(id);
    const auto& target = running.place.job().target;
    if (!check::is_laborious(target->spec, observation)) {
        return judged(id, observation, check::judge(target->spec, observation, running.started_at));
    }
    // It keeps its place until it is judged, so that no more wait for the thread than may be under way.
    judge_thread_.judge(target, std::move(observation), running.started_at,
                        [this, id](const check::Observation& seen, const check::Judgement& judgement) { judged(id, seen, judgement); });
}

void Runner::judged(std::uint64_t id, const check::Observation& observation, const check::Judgement& judgement) {
    auto node = running_.extract(id);
    auto& running = node.mapped();
    ++executed_;
    report(running.place.job(), running.started_at, observation, judgement);
    queue_.give_back(std::move(running.place));
    pump();
    if (on_room_) on_room_();
}

// It waited here until it was worthless: then that is what there is to report.
void Runner::report_expired(const Task& task, TimePoint now) {
    report_unrun(task, check::FailureClass::agent_overload,
                 fmt::format("waited {} ms for a place: {} checks are under way, at most {} may be, {} of one site, {} of one kind and {} against one host",
                             (now - task.due).count(), in_flight(), limits_.max_in_flight, std::min(limits_.max_in_flight_per_site, limits_.max_in_flight),
                             std::min(limits_.max_in_flight_per_kind, limits_.max_in_flight), limits_.max_in_flight_per_host));
}

// Reports what has waited too long also when no check ends.
void Runner::sweep() {
    const auto now = clock_.now();
    queue_.sweep([now](const Task& task) { return now > task.job.not_after; }, [&](const Task& task) { report_expired(task, now); });
    pump();
    metrics_.in_flight.set(in_flight());
    metrics_.queued.set(queued());
    metrics_.delayed.set(delayed());
    for (std::size_t i = 0; i < held_back_.size(); ++i) {
        const auto so_far = queue_.held_back().at(i);
        metrics_.held_back.at(i)->add(so_far - std::exchange(held_back_.at(i), so_far));
    }
}

// Confirmations, good ones too, since the difference between regions explains most; and the first of a row of failures.
bool Runner::is_evidence(const Task& task, check::Verdict verdict) {
    if (task.target == nullptr || verdict == check::Verdict::unknown) return false;
    const bool well = verdict == check::Verdict::up;
    const bool was_well = targets_.exchange_well(task.job.monitor, well);
    return task.job.reason != message::JobReason::schedule || (!well && was_well);
}

void Runner::report_unrun(const Task& task, check::FailureClass cause, std::string message) {
    check::Observation nothing;
    nothing.failure = {cause, message, check::Phase::none};
    check::Judgement judgement;
    judgement.cause = cause;
    judgement.message = std::move(message);
    report(task, clock_.now(), nothing, judgement);
}

void Runner::report(const Task& task, TimePoint started_at, const check::Observation& observation,
                    const check::Judgement& judgement) {
    metrics_.checks.at(static_cast<std::size_t>(judgement.verdict))->add();
    if (judgement.cause != check::FailureClass::none) metrics_.failures.at(static_cast<std::size_t>(judgement.cause))->add();
    static const check::Redactor nothing;
    const auto& redact = task.target == nullptr ? nothing : task.target->redact;
    if (task.job.reason == message::JobReason::run) {
        return sink_.ran(task.receipt, task.job.run, started_at, message::write_evidence(observation, judgement, redact));
    }
    message::ProbeResult result;
    result.monitor = task.job.monitor;
    result.site = task.job.site;
    result.revision = task.job.revision;
    result.slot = task.job.slot;
    result.attempt = task.job.attempt;
    result.reason = task.job.reason;
    result.started_at = started_at;
    result.verdict = judgement.verdict;
    result.cause = judgement.cause;
    result.phases = observation.phases;
    result.http_status = check::http_status_of(observation);
    result.detail = message::write_detail(observation, judgement, redact);
    if (is_evidence(task, judgement.verdict)) result.evidence = message::write_evidence(observation, judgement, redact);
    sink_.result(task.receipt, std::move(result));
}

}  // namespace sonde::agent
