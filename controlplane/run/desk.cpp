#include "controlplane/run/desk.h"

#include <algorithm>
#include <future>
#include <utility>

#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr metrics::Family kUnderWay{"sonde_runs_under_way", "Runs that wait for the regions they asked."};
constexpr metrics::Family kRuns{"sonde_runs_total", "Runs asked for, by outcome."};
constexpr metrics::Family kAnswers{"sonde_run_answers_total",
                                   "Answers of agents to runs; those of another control plane's and late ones are unmatched."};

constexpr std::size_t kDeepest = 64;
constexpr std::chrono::minutes kBetweenComplaints{1};

}  // namespace

// One run that somebody waits for. Shared with what the bus still may call.
struct Desk::Wait {
    Wait(const Order& order, MonotonicPoint until, Watcher who) : regions(order.regions), deadline(until), watcher(std::move(who)) {
        for (const auto& region : regions) answers.emplace(region, std::nullopt);
    }

    const RunId id = new_id<RunId>();
    const std::vector<std::string> regions;
    const MonotonicPoint deadline;

    std::mutex mutex;  // of what follows; held while the watcher is called
    Watcher watcher;
    std::map<std::string, std::optional<Answer>> answers;  // by region asked
    std::map<std::string, Missing> given_up;
    bool settled = false;  // nobody waits any more

    [[nodiscard]] bool is_complete() const {
        return std::all_of(answers.begin(), answers.end(),
                           [this](const auto& entry) { return entry.second.has_value() || given_up.contains(entry.first); });
    }
    Report report(Missing otherwise) {
        Report report{id, {}, {}};
        for (const auto& region : regions) {
            if (auto& answer = answers.at(region)) {
                report.answers.push_back(std::move(*answer));
                continue;
            }
            const auto known = given_up.find(region);
            report.missing.emplace_back(region, known == given_up.end() ? otherwise : known->second);
        }
        return report;
    }
};

Desk::Desk(RunOptions options, metrics::Registry& r)
    : options_(options),
      under_way_(r.gauge(kUnderWay)),
      whole_(r.counter(kRuns, {{"outcome", "whole"}})),
      partial_(r.counter(kRuns, {{"outcome", "partial"}})),
      refused_(r.counter(kRuns, {{"outcome", "refused"}})),
      abandoned_(r.counter(kRuns, {{"outcome", "abandoned"}})),
      matched_(r.counter(kAnswers, {{"outcome", "matched"}})),
      unmatched_(r.counter(kAnswers, {{"outcome", "unmatched"}})),
      malformed_(r.counter(kAnswers, {{"outcome", "malformed"}})),
      clock_([this] { watch_the_clock(); }) {}

Desk::~Desk() {
    close();
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    clock_.join();
}

void Desk::open(bus::Bus& bus) {
    {
        const std::scoped_lock lock(mutex_);
        bus_ = &bus;
    }
    subscription_ = bus.subscribe(std::string(message::subject::all_runs), [this](const bus::Delivery& delivery) { hear(delivery); });
}

void Desk::close() {
    std::map<RunId, std::shared_ptr<Wait>> left;
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        bus_ = nullptr;
        left = waits_;
    }
    for (const auto& [id, wait] : left) end(*wait, Missing::stopping);
    subscription_.reset();
}

bool Desk::enter(const std::shared_ptr<Wait>& wait) {
    const std::scoped_lock lock(mutex_);
    if (static_cast<int>(waits_.size()) >= options_.max_under_way) return false;
    waits_.emplace(wait->id, wait);
    under_way_.set(static_cast<double>(waits_.size()));
    changed_.notify_all();
    return true;
}

void Desk::leave(RunId id) {
    const std::scoped_lock lock(mutex_);
    waits_.erase(id);
    under_way_.set(static_cast<double>(waits_.size()));
}

std::shared_ptr<Desk::Wait> Desk::find(RunId id) {
    const std::scoped_lock lock(mutex_);
    const auto found = waits_.find(id);
    return found == waits_.end() ? nullptr : found->second;
}

void Desk::give_up(Wait& wait, const std::string& region, Missing why) {
    const std::scoped_lock lock(wait.mutex);
    wait.given_up.emplace(region, why);
    if (!wait.settled && wait.is_complete()) settle(wait, why);
}

// False if this region was not asked, or has answered, or nobody waits.
bool Desk::take(Wait& wait, Answer answer) {
    const std::scoped_lock lock(wait.mutex);
    const auto place = wait.answers.find(answer.from.region);
    if (wait.settled || place == wait.answers.end() || place->second) return false;
    place->second = std::move(answer);
    if (wait.watcher.answered) wait.watcher.answered(*place->second);
    if (wait.is_complete()) settle(wait, Missing::no_answer);
    return true;
}

void Desk::end(Wait& wait, Missing otherwise) {
    const std::scoped_lock lock(wait.mutex);
    if (!wait.settled) settle(wait, otherwise);
}

// Its mutex is held.
void Desk::settle(Wait& wait, Missing otherwise) {
    wait.settled = true;
    leave(wait.id);
    auto report = wait.report(otherwise);
    (report.missing.empty() ? whole_ : partial_).add();
    std::exchange(wait.watcher, {}).done(std::move(report));
}

void Desk::abandon(RunId id) {
    const auto wait = find(id);
    if (!wait) return;
    const std::scoped_lock lock(wait->mutex);
    if (std::exchange(wait->settled, true)) return;
    leave(id);
    abandoned_.add();
    wait->watcher = {};
}

void Desk::watch_the_clock() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        const auto now = Clock::now();
        std::vector<std::shared_ptr<Wait>> due;
        std::optional<MonotonicPoint> next;
        for (const auto& [id, wait] : waits_) {
            if (wait->deadline <= now) {
                due.push_back(wait);
            } else {
                next = std::min(next.value_or(wait->deadline), wait->deadline);
            }
        }
        if (!due.empty()) {
            lock.unlock();
            for (const auto& wait : due) end(*wait, Missing::no_answer);
            lock.lock();
        } else if (next) {
            changed_.wait_until(lock, *next);
        } else {
            changed_.wait(lock);
        }
    }
}

void Desk::publish(bus::Bus& bus, const Order& order, const std::shared_ptr<Wait>& wait) {
    const auto now = wall_now();
    for (const auto& region : order.regions) {
        message::JobBatchWriter writer(region);
        // Begun later than that, it would end after nobody waits any more.
        writer.add_run(order.job, wait->id, now, now + options_.patience * 3 / 4);
        bus.publish_to_stream(
            message::subject::urgent(region), writer.take(),
            [this, wait, region](bus::PublishOutcome outcome) {
                if (outcome != bus::PublishOutcome::accepted) give_up(*wait, region, Missing::not_taken);
            },
            options_.patience);
    }
}

std::optional<RunId> Desk::start(const Order& order, Watcher watcher) {
    const auto wait = std::make_shared<Wait>(order, Clock::now() + order.timeout + options_.patience, std::move(watcher));
    if (!enter(wait)) {
        refused_.add();
        return std::nullopt;
    }
    bus::Bus* bus = nullptr;
    bool closed = false;
    {
        const std::scoped_lock lock(mutex_);
        bus = bus_;
        closed = closed_;
    }
    if (bus != nullptr) {
        publish(*bus, order, wait);
    } else {
        end(*wait, closed ? Missing::stopping : Missing::not_taken);
    }
    return wait->id;
}

std::optional<Report> Desk::ask(const Order& order) {
    const auto over = std::make_shared<std::promise<Report>>();
    auto report = over->get_future();
    if (!start(order, {{}, [over](Report whole) { over->set_value(std::move(whole)); }})) return std::nullopt;
    return report.get();
}

// On a thread of the bus.
void Desk::hear(const bus::Delivery& delivery) {
    auto answer = message::read_run_answer(delivery.payload);
    if (!answer) return refuse(delivery, answer.error().message);
    if (delivery.subject != message::subject::runs(answer->region)) return refuse(delivery, "it is of another region than its subject");
    auto document = json::parse(std::exchange(answer->document, {}), {.bytes = message::kMaxRunDocument, .depth = kDeepest});
    if (!document) return refuse(delivery, "its document " + document.error().message);
    const auto wait = find(answer->run);
    (wait && take(*wait, {std::move(*answer), std::move(*document)}) ? matched_ : unmatched_).add();
}

void Desk::refuse(const bus::Delivery& delivery, const std::string& why) {
    malformed_.add();
    {
        const std::scoped_lock lock(mutex_);
        const auto now = Clock::now();
        if (last_complaint_ && now - *last_complaint_ < kBetweenComplaints) return;
        last_complaint_ = now;
    }
    log::warning("run_answer_malformed", "subject", delivery.subject, "error", why);
}

}  // namespace sonde::run
