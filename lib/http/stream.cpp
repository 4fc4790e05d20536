#include "lib/http/stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/http/streams.h"

namespace sonde::http {

Stream::Stream(std::shared_ptr<Streams> streams, StreamLimits limits, milliseconds heartbeat, milliseconds patience, Frame opening)
    : streams_(std::move(streams)), limits_(limits), heartbeat_(heartbeat), patience_(patience), opening_(std::move(opening)), moved_(std::chrono::steady_clock::now()), sent_(moved_) {
    queue_.push_back(opening_);
    queued_bytes_ = opening_->size();
}

Stream::~Stream() {
    if (!finished_) streams_->leave(*this, why_);
}

bool Stream::send(Frame frame) {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::open) return false;
    const std::size_t nothing = !queue_.empty() && queue_.front() == opening_ ? 1 : 0;
    if (queue_.size() > nothing && queued_bytes_ + frame->size() > limits_.max_queued_bytes) {
        break_off(StreamEnd::slow);
        return false;
    }
    sent_ = std::chrono::steady_clock::now();
    if (queue_.empty()) moved_ = sent_;
    queued_bytes_ += frame->size();
    queue_.push_back(std::move(frame));
    streams_->count_frame();
    wake();
    return true;
}

void Stream::end() {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::open) return;
    state_ = State::ending;
    why_ = StreamEnd::done;
    wake();
}

bool Stream::closed() const {
    const std::scoped_lock lock(mutex_);
    return state_ != State::open;
}

std::size_t Stream::queued_bytes() const {
    const std::scoped_lock lock(mutex_);
    return queued_bytes_;
}

void Stream::on_closed(std::function<void()> callback) {
    {
        const std::scoped_lock lock(mutex_);
        if (!finished_) {
            callback_ = std::move(callback);
            return;
        }
    }
    callback();
}

void Stream::attach(Carrier carrier) {
    const std::scoped_lock lock(mutex_);
    carrier_ = std::move(carrier);
    moved_ = std::chrono::steady_clock::now();
}

std::optional<std::size_t> Stream::take(char* to, std::size_t size) {
    const std::scoped_lock lock(mutex_);
    std::size_t copied = 0;
    while (!queue_.empty() && copied < size) {
        const auto& frame = *queue_.front();
        const auto part = std::min(size - copied, frame.size() - taken_);
        std::memcpy(to + copied, frame.data() + taken_, part);
        copied += part;
        taken_ += part;
        if (taken_ < frame.size()) break;
        queued_bytes_ -= frame.size();
        taken_ = 0;
        queue_.pop_front();
    }
    if (copied > 0) {
        moved_ = std::chrono::steady_clock::now();
        return copied;
    }
    if (state_ != State::open) return std::nullopt;
    paused_ = true;
    carrier_.pause();
    return 0;
}

bool Stream::is_broken() const {
    const std::scoped_lock lock(mutex_);
    return broken_;
}

void Stream::finish() {
    std::function<void()> callback;
    StreamEnd why{};
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(finished_, true)) return;
        // What the producer ended, but the client did not take, was not done.
        if (state_ == State::open || (why_ == StreamEnd::done && !queue_.empty())) why_ = StreamEnd::gone;
        why = why_;
        state_ = State::over;
        carrier_ = {};
        queue_.clear();
        callback = std::move(callback_);
    }
    streams_->leave(*this, why);
    if (callback) callback();
}

void Stream::stop() {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::open) return;
    state_ = State::ending;
    why_ = StreamEnd::stopping;
    wake();
}

bool Stream::look(MonotonicPoint at, bool client_gone) {
    const std::scoped_lock lock(mutex_);
    if (finished_) return false;
    if (!broken_ && client_gone) break_off(StreamEnd::gone);
    if (!broken_ && !queue_.empty() && at - moved_ > patience_) break_off(StreamEnd::slow);
    if (broken_) return true;
    if (state_ == State::open && queue_.empty() && at - sent_ >= heartbeat_) {
        sent_ = moved_ = at;
        queue_.push_back(comment());
        queued_bytes_ += queue_.back()->size();
        wake();
    }
    return false;
}

void Stream::break_off(StreamEnd why) {
    state_ = State::over;
    why_ = why;
    broken_ = true;
    queue_.clear();
    queued_bytes_ = taken_ = 0;
    wake();
}

void Stream::wake() {
    if (std::exchange(paused_, false)) carrier_.resume();
}

std::shared_ptr<Stream> open_stream(const Request& request, StreamLimits limits) {
    if (request.streams == nullptr) throw ProblemError{problem::internal, "", {}};
    return request.streams->open(limits);
}

}  // namespace sonde::http
