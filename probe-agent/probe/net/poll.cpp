#include "probe-agent/probe/net/poll.h"

#include <memory>
#include <stdexcept>
#include <string>

namespace sonde::agent {

Poll::Poll(uv::Loop& loop, int fd, void* owner, Ready ready) {
    auto state = std::make_unique<State>(State{{}, fd, owner, ready});
    if (const int code = uv_poll_init(loop.raw(), &state->handle, fd); code != 0) {
        throw std::runtime_error(std::string("cannot watch a socket: ") + uv_strerror(code));
    }
    state->handle.data = state.get();
    state_ = state.release();
}

Poll::~Poll() {
    uv_poll_stop(&state_->handle);
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
             [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

void Poll::watch(int events) {
    uv_poll_start(&state_->handle, events, [](uv_poll_t* handle, int status, int seen) {
        const auto* state = static_cast<State*>(handle->data);
        state->ready(state->owner, state->fd, status, seen);
    });
}

}  // namespace sonde::agent
