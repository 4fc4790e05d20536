#include "controlplane/run/desk.h"

#include <algorithm>

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
    RunId id;
    std::mutex mutex;  // of what follows
    std::condition_variable changed;
    std::map<std::string, std::optional<Answer>> answers;  // by region asked
    std::map<std::string, Missing> given_up;
    bool stopping = false;

    [[nodiscard]] bool is_over() const {
        return stopping || std::all_of(answers.begin(), answers.end(), [this](const auto& entry) {
                   return entry.second.has_value() || given_up.contains(entry.first);
               });
    }
    void give_up(const std::string& region, Missing why) {
        const std::scoped_lock lock(mutex);
        given_up.emplace(region, why);
        changed.notify_all();
    }
    void stop() {
        const std::scoped_lock lock(mutex);
        stopping = true;
        changed.notify_all();
    }
    // False if this region was not asked, or has answered.
    bool take(Answer answer) {
        const std::scoped_lock lock(mutex);
        const auto place = answers.find(answer.from.region);
        if (place == answers.end() || place->second) return false;
        place->second = std::move(answer);
        changed.notify_all();
        return true;
    }
};

Desk::Desk(RunOptions options, metrics::Registry& r)
    : options_(options),
      under_way_(r.gauge(kUnderWay)),
      whole_(r.counter(kRuns, {{"outcome", "whole"}})),
      partial_(r.counter(kRuns, {{"outcome", "partial"}})),
      refused_(r.counter(kRuns, {{"outcome", "refused"}})),
      matched_(r.counter(kAnswers, {{"outcome", "matched"}})),
      unmatched_(r.counter(kAnswers, {{"outcome", "unmatched"}})),
      malformed_(r.counter(kAnswers, {{"outcome", "malformed"}})) {}

Desk::~Desk() { close(); }

void Desk::open(bus::Bus& bus) {
    {
        const std::scoped_lock lock(mutex_);
        bus_ = &bus;
    }
    subscription_ = bus.subscribe(std::string(message::subject::all_runs), [this](const bus::Delivery& delivery) { hear(delivery); });
}

void Desk::close() {
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        bus_ = nullptr;
        for (const auto& [id, wait] : waits_) wait->stop();
    }
    subscription_.reset();
}

bool Desk::enter(const std::shared_ptr<Wait>& wait) {
    const std::scoped_lock lock(mutex_);
    if (static_cast<int>(waits_.size()) >= options_.max_under_way) return false;
    waits_.emplace(wait->id, wait);
    under_way_.set(static_cast<double>(waits_.size()));
    if (closed_) {
        wait->stop();
    } else if (bus_ == nullptr) {
        for (const auto& [region, answer] : wait->answers) wait->give_up(region, Missing::not_taken);
    }
    return true;
}

void Desk::leave(RunId id) {
    const std::scoped_lock lock(mutex_);
    waits_.erase(id);
    under_way_.set(static_cast<double>(waits_.size()));
}

void Desk::publish(bus::Bus& bus, const Order& order, const std::shared_ptr<Wait>& wait) {
    const auto now = wall_now();
    for (const auto& region : order.regions) {
        message::JobBatchWriter writer(region);
        // Begun later than that, it would end after nobody waits any more.
        writer.add_run(order.job, wait->id, now, now + options_.patience * 3 / 4);
        bus.publish_to_stream(
            message::subject::urgent(region), writer.take(),
            [wait, region](bus::PublishOutcome outcome) {
                if (outcome != bus::PublishOutcome::accepted) wait->give_up(region, Missing::not_taken);
            },
            options_.patience);
    }
}

std::optional<Report> Desk::ask(const Order& order) {
    const auto deadline = Clock::now() + order.timeout + options_.patience;
    const auto wait = std::make_shared<Wait>();
    wait->id = new_id<RunId>();
    for (const auto& region : order.regions) wait->answers.emplace(region, std::nullopt);
    if (!enter(wait)) {
        refused_.add();
        return std::nullopt;
    }
    bus::Bus* bus = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        bus = bus_;
    }
    if (bus != nullptr) publish(*bus, order, wait);

    Report report;
    report.id = wait->id;
    {
        std::unique_lock lock(wait->mutex);
        wait->changed.wait_until(lock, deadline, [&] { return wait->is_over(); });
        for (const auto& region : order.regions) {
            if (auto& answer = wait->answers.at(region)) {
                report.answers.push_back(std::move(*answer));
                continue;
            }
            const auto known = wait->given_up.find(region);
            const auto otherwise = wait->stopping ? Missing::stopping : Missing::no_answer;
            report.missing.emplace_back(region, known == wait->given_up.end() ? otherwise : known->second);
        }
    }
    leave(wait->id);
    (report.missing.empty() ? whole_ : partial_).add();
    return report;
}

// On a thread of the bus.
void Desk::hear(const bus::Delivery& delivery) {
    auto answer = message::read_run_answer(delivery.payload);
    if (!answer) return refuse(delivery, answer.error().message);
    if (delivery.subject != message::subject::runs(answer->region)) return refuse(delivery, "it is of another region than its subject");
    auto document = json::parse(std::exchange(answer->document, {}), {.bytes = message::kMaxRunDocument, .depth = kDeepest});
    if (!document) return refuse(delivery, "its document " + document.error().message);
    std::shared_ptr<Wait> wait;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = waits_.find(answer->run);
        if (found != waits_.end()) wait = found->second;
    }
    (wait && wait->take({std::move(*answer), std::move(*document)}) ? matched_ : unmatched_).add();
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
