#include "lib/http/streams.h"

#include <fmt/format.h>

#include <string>

namespace sonde::http {
namespace {

constexpr metrics::Family kOpen{"sonde_http_streams", "Answers of events that are under way."};
constexpr metrics::Family kEnded{"sonde_http_streams_ended_total", "Answers of events that are over, by why."};
constexpr metrics::Family kEvents{"sonde_http_stream_events_total", "Events put into the queues of streams."};

}  // namespace

Streams::Streams(StreamsLimits limits, const metrics::Scope& metrics)
    : limits_(limits), open_gauge_(metrics.gauge(kOpen)), events_(metrics.counter(kEvents)), opening_(encode({.type = {}, .data = {}, .retry = limits.retry})) {
    for (std::size_t i = 0; i < ended_.size(); ++i) {
        ended_[i] = &metrics.counter(kEnded, {{"reason", std::string(EnumNames<StreamEnd>::names[i])}});
    }
}

std::shared_ptr<Stream> Streams::open(StreamLimits limits) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) throw ProblemError{problem::unavailable, "The server is stopping.", {}};
    if (static_cast<int>(open_.size()) >= limits_.max_streams) {
        throw ProblemError{problem::unavailable, fmt::format("There are {} streams already, as many as may be.", limits_.max_streams), {}};
    }
    // Its constructor is for this class alone.
    std::shared_ptr<Stream> stream(new Stream(shared_from_this(), limits, limits_.heartbeat, limits_.patience, opening_));
    open_.insert(stream.get());
    open_gauge_.set(static_cast<double>(open_.size()));
    return stream;
}

void Streams::stop() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (auto* stream : open_) stream->stop();
}

void Streams::leave(Stream& stream, StreamEnd why) {
    const std::scoped_lock lock(mutex_);
    if (open_.erase(&stream) == 0) return;
    open_gauge_.set(static_cast<double>(open_.size()));
    ended_[static_cast<std::size_t>(why)]->add();
}

}  // namespace sonde::http
