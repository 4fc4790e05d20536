#include "probe-agent/loop_watch.h"

#include <algorithm>
#include <utility>

namespace sonde::agent {

LoopWatch::LoopWatch(uv::Loop& loop) : state_(new State{}) {
    uv_loop_configure(loop.raw(), UV_METRICS_IDLE_TIME);
    uv_prepare_init(loop.raw(), &state_->handle);
    state_->handle.data = state_;
    uv_prepare_start(&state_->handle, [](uv_prepare_t* handle) {
        auto& state = *static_cast<State*>(handle->data);
        const auto now = uv_hrtime();
        const auto idle = uv_metrics_idle_time(handle->loop);
        if (state.turn_began != 0) {
            const auto turn = now - state.turn_began;
            state.longest = std::max(state.longest, turn - std::min(turn, idle - state.idle));
        }
        state.turn_began = now;
        state.idle = idle;
    });
}

LoopWatch::~LoopWatch() {
    uv_prepare_stop(&state_->handle);
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
             [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

microseconds LoopWatch::take_longest() {
    return std::chrono::duration_cast<microseconds>(
        std::chrono::nanoseconds{static_cast<std::int64_t>(std::exchange(state_->longest, 0))});
}

}  // namespace sonde::agent
