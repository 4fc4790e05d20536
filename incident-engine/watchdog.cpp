#include "incident-engine/watchdog.h"

#include <algorithm>

#include "lib/bus/topology.h"
#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;
namespace subject = message::subject;

constexpr int kRecreationsBeforeStream = 3;

}  // namespace

Watchdog::Watchdog(Options options, bus::Bus& bus, Intake& intake, Metrics& metrics)
    : options_(options), bus_(bus), intake_(intake), metrics_(metrics) {}

Watchdog::~Watchdog() { stop(); }

void Watchdog::start() {
    thread_ = std::thread([this] { run(); });
}

void Watchdog::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Watchdog::missing_urgent(std::string region) {
    const std::scoped_lock lock(mutex_);
    missing_urgent_.insert(std::move(region));
}

std::string Watchdog::trouble() const {
    const std::scoped_lock lock(mutex_);
    return trouble_;
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        look();
        lock.lock();
        // Until the first look succeeded nothing flows, so that the next one is soon.
        const auto pause = trouble_.empty() ? options_.every : std::min(options_.every, milliseconds{250});
        wake_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

void Watchdog::look() {
    std::string trouble;
    if (!bus_.health().connected) {
        trouble = "not connected to NATS";
        for (auto& progress : progress_) progress.waiting = false;
    } else {
        const auto note = [&](const Status& status) {
            if (!status && trouble.empty()) trouble = status.error().message;
        };
        note(look_at_stream(subject::results_stream, bus::topology::results(options_.replicas)));
        note(look_at_stream(subject::events_stream, bus::topology::events(options_.replicas)));
        note(look_at_stream(subject::parked_stream, bus::topology::parked(options_.replicas)));
        for (const auto shard : intake_.shards()) note(look_at_consumer(shard));
        note(make_urgent());
    }
    const std::scoped_lock lock(mutex_);
    if (trouble_.empty() != trouble.empty()) {
        if (trouble.empty()) {
            log::info("streams_well");
        } else {
            log::warning("streams_ill", "why", trouble);
        }
    }
    trouble_ = std::move(trouble);
}

Status Watchdog::look_at_stream(std::string_view name, const bus::topology::Place& place) {
    const auto state = bus_.stream_state(std::string(name));
    if (!state) return state.error();
    if (*state) return Done{};
    log::warning("stream_missing", "stream", name);
    metrics_.streams_ensured.add();
    return name == subject::results_stream ? make_results() : bus::topology::ensure(bus_, place);
}

// From a consumer that was not there nobody hears anything, so that all are asked anew rather than when they are given up.
Status Watchdog::make_results() {
    auto made = bus::topology::ensure(bus_, bus::topology::results(options_.replicas));
    if (!made) return made;
    for (const auto shard : intake_.shards()) intake_.ask_anew(shard);
    return made;
}

Status Watchdog::look_at_consumer(int shard) {
    const auto durable = subject::engine_consumer(shard);
    const std::string stream(subject::results_stream);
    auto& progress = progress_[static_cast<std::size_t>(shard)];
    const auto state = bus_.consumer_state(stream, durable);
    if (!state) return state.error();
    if (!*state) {
        log::warning("results_consumer_recreated", "consumer", durable, "why", "missing");
        metrics_.consumers_recreated.add();
        progress.waiting = false;
        return make_results();
    }
    const bool idle = (*state)->pending > 0 && intake_.hungry(shard);
    if ((*state)->pending == 0) progress.recreations = 0;
    if (!idle || !progress.waiting || (*state)->delivered_sequence != progress.delivered) {
        progress = {(*state)->delivered_sequence, Clock::now(), idle, progress.recreations};
        return Done{};
    }
    if (Clock::now() - progress.since < options_.stuck_after) return Done{};
    return make_anew(shard, progress, (*state)->pending);
}

// First the consumer. If that helps nothing, the stream: what is in it is lost to history, but what comes then is decided on.
Status Watchdog::make_anew(int shard, Progress& progress, std::uint64_t pending) {
    const auto durable = subject::engine_consumer(shard);
    const std::string stream(subject::results_stream);
    progress.waiting = false;
    if (++progress.recreations <= kRecreationsBeforeStream) {
        log::warning("results_consumer_recreated", "consumer", durable, "why", "stuck", "pending", pending);
        metrics_.consumers_recreated.add();
        if (auto gone = bus_.delete_consumer(stream, durable); !gone) return gone;
    } else {
        log::error("results_stream_recreated", "consumer", durable, "why", "stuck", "lost", pending);
        metrics_.streams_ensured.add();
        progress.recreations = 0;
        if (auto gone = bus_.delete_stream(stream); !gone) return gone;
    }
    return make_results();
}

Status Watchdog::make_urgent() {
    std::set<std::string> regions;
    {
        const std::scoped_lock lock(mutex_);
        regions.swap(missing_urgent_);
    }
    for (const auto& region : regions) {
        log::warning("stream_missing", "stream", subject::urgent_stream(region));
        metrics_.streams_ensured.add();
        if (auto made = bus::topology::ensure(bus_, bus::topology::urgent(region, options_.replicas)); !made) return made;
    }
    return Done{};
}

}  // namespace sonde::engine
