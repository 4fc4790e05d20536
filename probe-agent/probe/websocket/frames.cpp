#include "probe-agent/probe/websocket/frames.h"

#include <fmt/format.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "lib/crypto/crypto.h"

namespace sonde::agent {

struct WebSocketFrames::Session {
    wslay_event_context_ptr context = nullptr;
    std::string_view input;
    std::string output;
    std::vector<std::string> messages;
    std::string close_reason;
    int close_code = 0;

    ~Session() { wslay_event_context_free(context); }

    // Everything that is queued, into `output`, which takes all.
    void flush() {
        while (wslay_event_want_write(context) != 0) {
            if (wslay_event_send(context) != 0) return;
        }
    }
};

namespace {

template <class Session>
Session& of(void* self) {
    return *static_cast<Session*>(self);
}

std::string text_of(const std::uint8_t* bytes, std::size_t length) {
    return length == 0 ? std::string() : std::string(reinterpret_cast<const char*>(bytes), length);
}

}  // namespace

WebSocketFrames::WebSocketFrames() : session_(std::make_unique<Session>()) {
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* to, std::size_t most, int, void* self) -> ssize_t {
        auto& input = of<Session>(self).input;
        if (input.empty()) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        const auto count = std::min(most, input.size());
        std::memcpy(to, input.data(), count);
        input.remove_prefix(count);
        return static_cast<ssize_t>(count);
    };
    callbacks.send_callback = [](wslay_event_context_ptr, const std::uint8_t* bytes, std::size_t count, int, void* self) -> ssize_t {
        of<Session>(self).output += text_of(bytes, count);
        return static_cast<ssize_t>(count);
    };
    callbacks.genmask_callback = [](wslay_event_context_ptr, std::uint8_t* to, std::size_t count, void*) {
        const auto mask = crypto::random_bytes(count);
        std::memcpy(to, mask.data(), count);
        return 0;
    };
    callbacks.on_msg_recv_callback = [](wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message, void* self) {
        auto& session = of<Session>(self);
        if (message->opcode == WSLAY_CONNECTION_CLOSE) {
            session.close_code = message->status_code == 0 ? int{WSLAY_CODE_NO_STATUS_RCVD} : int{message->status_code};
            // Its first two bytes are the code.
            if (message->msg_length > 2) session.close_reason = text_of(message->msg + 2, message->msg_length - 2);
        } else if (wslay_is_ctrl_frame(message->opcode) == 0) {
            session.messages.push_back(text_of(message->msg, message->msg_length));
        }
    };
    if (wslay_event_context_client_init(&session_->context, &callbacks, session_.get()) != 0) throw std::bad_alloc();
    wslay_event_config_set_max_recv_msg_length(session_->context, kMaxMessage);
}

WebSocketFrames::~WebSocketFrames() = default;

void WebSocketFrames::send(std::string_view text) {
    const wslay_event_msg message{WSLAY_TEXT_FRAME, reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    if (wslay_event_queue_msg(session_->context, &message) == WSLAY_ERR_NOMEM) throw std::bad_alloc();
}

void WebSocketFrames::close() { wslay_event_queue_close(session_->context, WSLAY_CODE_NORMAL_CLOSURE, nullptr, 0); }

void WebSocketFrames::feed(std::string_view bytes) {
    session_->input = bytes;
    if (wslay_event_recv(session_->context) == WSLAY_ERR_NOMEM) throw std::bad_alloc();
    session_->input = {};
}

std::vector<std::string> WebSocketFrames::take_messages() { return std::exchange(session_->messages, {}); }

std::string WebSocketFrames::take_output() {
    session_->flush();
    return std::exchange(session_->output, {});
}

int WebSocketFrames::close_code() const { return session_->close_code; }
const std::string& WebSocketFrames::close_reason() const { return session_->close_reason; }

std::string WebSocketFrames::breach() const {
    auto* const context = session_->context;
    if (wslay_event_get_read_enabled(context) != 0 || wslay_event_get_close_received(context) != 0) return {};
    session_->flush();
    switch (wslay_event_get_status_code_sent(context)) {
        case WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA: return "a text that is not UTF-8";
        case WSLAY_CODE_MESSAGE_TOO_BIG: return fmt::format("a message of more than {} bytes", kMaxMessage);
        default: return "a frame that breaks the protocol";
    }
}

}  // namespace sonde::agent
