#include "probe-agent/work/intake.h"

#include <algorithm>
#include <cmath>

#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::agent {

namespace subject = message::subject;

namespace {

// What was asked for and is on its way arrives within this; then nobody asks any more, and only after that it is delivered again.
constexpr milliseconds kClose{200};
constexpr milliseconds kGiveBack{500};

// In multiples of the bound on all: jobs held back by the bounds on kinds, sites and hosts, and those that wait for their time.
constexpr int kMostHeld = 4;
constexpr int kMostDelayed = 4;

}  // namespace

Intake::Intake(uv::Loop& loop, bus::Bus& bus, Receipts& receipts, Runner& runner, Options options, Metrics& metrics)
    : loop_(loop),
      bus_(bus),
      receipts_(receipts),
      runner_(runner),
      options_(std::move(options)),
      metrics_(metrics),
      close_(loop) {
    urgent_.stream = subject::urgent_stream(options_.region);
    urgent_.lane = Lane::urgent;
    scheduled_.stream = subject::jobs_stream(options_.region);
    scheduled_.lane = Lane::scheduled;
}

Intake::~Intake() = default;

void Intake::start() {
    for (auto* source : {&urgent_, &scheduled_}) {
        source->puller = bus_.pull(source->stream, std::string(subject::agents_consumer), [this, source](bus::Delivery delivery) {
            source->posted.fetch_add(1, std::memory_order_relaxed);
            loop_.post([this, source, arrived = std::move(delivery)]() mutable { received(*source, std::move(arrived)); });
        });
    }
    refresh();
}

void Intake::drain() {
    draining_ = true;
    for (auto* source : {&urgent_, &scheduled_}) {
        if (source->puller) source->puller->want(0);
    }
    close_.once(kClose, [this] { close(); });
}

void Intake::close() {
    for (auto* source : {&urgent_, &scheduled_}) source->puller.reset();
}

std::uint64_t Intake::missing_answers() const {
    std::uint64_t answers = 0;
    for (const auto* source : {&urgent_, &scheduled_}) answers += source->puller ? source->puller->missing_answers() : 0;
    return answers;
}

void Intake::received(Source& source, bus::Delivery delivery) {
    source.posted.fetch_sub(1, std::memory_order_relaxed);
    if (draining_) return bus_.not_now(delivery, kGiveBack);
    auto batch = message::read_job_batch(delivery.payload);
    if (!batch || batch->region != options_.region) {
        refuse(delivery, batch ? "it is for the region " + batch->region : batch.error().message);
        return refresh();
    }
    const auto jobs = static_cast<int>(batch->jobs.size());
    source.jobs_per_message += (jobs - source.jobs_per_message) / 8;
    const auto receipt = receipts_.open(source.stream, std::move(delivery), jobs);
    if (!receipt) {
        metrics_.jobs_redelivered.add(static_cast<std::uint64_t>(jobs));
        return refresh();
    }
    (source.lane == Lane::urgent ? metrics_.jobs_urgent : metrics_.jobs_scheduled).add(static_cast<std::uint64_t>(jobs));
    for (auto& job : batch->jobs) runner_.add(std::move(job), *receipt, source.lane);
    refresh();
}

// Malformed, for ever: it is kept where people can look at it, and never delivered again.
void Intake::refuse(const bus::Delivery& delivery, const std::string& reason) {
    metrics_.malformed.add();
    ++refused_since_;
    // Not parked, not ended: it comes again.
    if (bus_.publish(subject::parked("agent"), delivery.payload)) bus_.terminate(delivery);
    if (complained_ != MonotonicPoint{} && loop_.now() - complained_ < std::chrono::minutes{1}) return;
    complained_ = loop_.now();
    log::warning("job_message_malformed", "subject", delivery.subject, "reason", reason, "bytes", delivery.payload.size(),
                 "since_last_time", std::exchange(refused_since_, 0));
}

void Intake::refresh() {
    if (draining_) return;
    const auto most = runner_.limits().max_in_flight;
    const auto held = runner_.held();
    const auto ready = runner_.queued() - held;
    // What a bound of its own holds back, as a site's whose targets all hang, takes no room of the others, up to an end.
    const auto room = std::min({most - runner_.in_flight() - ready, kMostHeld * most - held, kMostDelayed * most - runner_.delayed()});
    // Urgent ones go ahead of what is queued, so only what is under way takes their room; yet the queue has an end for them too.
    ask(urgent_, std::min({most - runner_.in_flight(), 2 * most - ready, (kMostHeld + 1) * most - held}));
    ask(scheduled_, room);
}

void Intake::ask(Source& source, double room) {
    const auto messages =
        std::ceil(room / std::max(source.jobs_per_message, 1.0)) - source.posted.load(std::memory_order_relaxed);
    source.puller->want(static_cast<int>(std::clamp(messages, 0.0, static_cast<double>(options_.fetch_window))));
}

}  // namespace sonde::agent
