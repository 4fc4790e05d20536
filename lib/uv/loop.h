// libuv, owned: a loop with a mailbox, and timers that close themselves. One thread owns a loop and all on it.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/base/instant.h"

namespace sonde::uv {

class PollSet;

// Owns a uv_loop_t. Everything but `post` and `stop` belongs to the thread that calls `run`.
class Loop {
public:
    // Throws std::runtime_error if the system has no descriptors left for it: later it needs none of its own.
    Loop();
    // All handles must be closing or closed, else the process aborts. Runs their close callbacks.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Until `stop`; once only. Posted work is done in the order it was posted, all that was posted before `stop` included.
    void run();
    void stop();  // any thread; also before `run`, which then returns at once
    // Any thread: `work` runs on the loop soon, never inside this call; it must not throw. After `stop` it is dropped.
    void post(std::function<void()> work);

    [[nodiscard]] uv_loop_t* raw() { return loop_.get(); }
    [[nodiscard]] PollSet& polls() { return *polls_; }  // for `Poll`
    [[nodiscard]] MonotonicPoint now() const;  // cached at the start of the iteration

private:
    void drain() noexcept;
    void close();

    std::unique_ptr<uv_loop_t> loop_;
    uv_async_t* wake_ = nullptr;
    std::unique_ptr<PollSet> polls_;
    std::mutex mutex_;
    std::vector<std::function<void()>> mailbox_;
    bool stopping_ = false;
};

// A timer of a loop. Destroying it cancels it; its callback never runs before `start` returned. Loop thread only.
class Timer {
public:
    explicit Timer(Loop& loop);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Counted from now, with the resolution of a millisecond. Each start replaces the one before. The callback must not throw; it
    // may start, cancel or destroy its own timer.
    void once(milliseconds delay, std::function<void()> callback);
    // The first time one period from now. After a stall the missed turns are not made up for.
    void every(milliseconds period, std::function<void()> callback);
    void cancel();

private:
    struct State;
    State* state_;  // freed in the handle's close callback
};

}  // namespace sonde::uv
