#include "lib/uv/loop.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "lib/uv/poll_set.h"

namespace sonde::uv {
namespace {

void must(int code, const char* doing) {
    if (code != 0) throw std::runtime_error(std::string("cannot ") + doing + ": " + uv_strerror(code));
}

}  // namespace

Loop::Loop() : loop_(std::make_unique<uv_loop_t>()) {
    must(uv_loop_init(loop_.get()), "create an event loop");
    auto wake = std::make_unique<uv_async_t>();
    const int code = uv_async_init(loop_.get(), wake.get(), [](uv_async_t* async) { static_cast<Loop*>(async->data)->drain(); });
    if (code != 0) uv_loop_close(loop_.get());
    must(code, "create the mailbox of an event loop");
    wake_ = wake.release();
    wake_->data = this;
    try {
        polls_ = std::make_unique<PollSet>(loop_.get());
    } catch (...) {
        close();
        throw;
    }
}

Loop::~Loop() { close(); }

void Loop::close() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        uv_close(reinterpret_cast<uv_handle_t*>(wake_),
                 [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
        wake_ = nullptr;
    }
    polls_.reset();
    // A handle that outlives its loop would be used after it is freed: that is a defect of its owner, best met here.
    uv_walk(
        loop_.get(),
        [](uv_handle_t* handle, void*) {
            if (uv_is_closing(handle) == 0) std::abort();
        },
        nullptr);
    uv_run(loop_.get(), UV_RUN_DEFAULT);  // the close callbacks, which free the handles
    if (uv_loop_close(loop_.get()) != 0) std::abort();
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }

void Loop::stop() {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    uv_async_send(wake_);
}

void Loop::post(std::function<void()> work) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return;
    mailbox_.push_back(std::move(work));
    if (mailbox_.size() == 1) uv_async_send(wake_);
}

MonotonicPoint Loop::now() const { return MonotonicPoint{milliseconds{uv_now(loop_.get())}}; }

// An exception that leaves posted work has nobody to go to: it ends the process rather than unwind through libuv.
void Loop::drain() noexcept {
    std::vector<std::function<void()>> work;
    bool stopping = false;
    {
        const std::scoped_lock lock(mutex_);
        work.swap(mailbox_);
        stopping = stopping_;
    }
    for (auto& item : work) {
        item();
        item = nullptr;
    }
    if (stopping) uv_stop(loop_.get());
}

struct Timer::State {
    uv_timer_t handle{};
    std::function<void()> callback;
    bool repeating = false;
    // Counts starts and cancels, so that a callback which restarts or cancels its own timer is told from one which does not.
    unsigned generation = 0;

    static void fired(uv_timer_t* handle) noexcept {
        auto* state = static_cast<State*>(handle->data);
        const auto generation = state->generation;
        auto callback = std::move(state->callback);
        callback();
        // The callback may have destroyed the Timer; the state lives until its close callback, a turn of the loop later.
        if (state->repeating && state->generation == generation) state->callback = std::move(callback);
    }

    void start(milliseconds delay, milliseconds repeat, std::function<void()> then) {
        ++generation;
        callback = std::move(then);
        repeating = repeat.count() > 0;
        // libuv counts from the loop's time, which is older than now by all that this turn has done so far; the delay counts from now. The loop's time is left
        // alone: brought up to now while timers are called, it would have this one called in the same turn, and so on, and no socket would be looked at.
        const auto passed = static_cast<std::int64_t>(uv_hrtime() / 1'000'000) - static_cast<std::int64_t>(uv_now(handle.loop));
        const auto wait = static_cast<std::uint64_t>(std::max<std::int64_t>(delay.count(), 0) + std::max<std::int64_t>(passed, 0));
        uv_timer_start(&handle, &State::fired, wait, static_cast<std::uint64_t>(std::max<std::int64_t>(repeat.count(), 0)));
    }

    void cancel() {
        ++generation;
        repeating = false;
        callback = nullptr;
        uv_timer_stop(&handle);
    }
};

Timer::Timer(Loop& loop) {
    auto state = std::make_unique<State>();
    must(uv_timer_init(loop.raw(), &state->handle), "create a timer");
    state->handle.data = state.get();
    state_ = state.release();
}

Timer::~Timer() {
    state_->cancel();
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
             [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

void Timer::once(milliseconds delay, std::function<void()> callback) {
    state_->start(delay, milliseconds{0}, std::move(callback));
}

void Timer::every(milliseconds period, std::function<void()> callback) {
    const auto whole = std::max(period, milliseconds{1});
    state_->start(whole, whole, std::move(callback));
}

void Timer::cancel() { state_->cancel(); }

}  // namespace sonde::uv
