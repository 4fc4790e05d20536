#include "probe-agent/probe/grpc/call.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "probe-agent/probe/grpc/wire.h"

namespace sonde::agent {

struct GrpcCall::Session {
    nghttp2_session* http = nullptr;
    std::int32_t stream = -1;
    State state = State::waiting;
    check::GrpcFacts facts;
    std::string reason;
    std::string request;   // of the body, what was not sent yet
    std::string body;      // of the answer
    std::string output;
    std::size_t header_bytes = 0;
    bool in_trailers = false;  // of the block of headers that is being received
    std::string block_status;  // grpc-status and grpc-message of that block
    std::string block_message;
    std::string overflow;      // what there was too much of

    ~Session() { nghttp2_session_del(http); }

    void note_header(std::string_view name, std::string_view value) {
        header_bytes += name.size() + value.size();
        if (header_bytes > kMaxHeaderBytes) overflow = fmt::format("has headers of more than {} bytes", kMaxHeaderBytes);
        if (!overflow.empty()) return;
        if (name == ":status") facts.http_status = std::atoi(std::string(value).c_str());
        if (name == "content-type" && !in_trailers) facts.content_type = value;
        if (name == "grpc-status") block_status = value;
        if (name == "grpc-message") block_message = decode_grpc_message(value);
    }

    // Of the last block alone: a status counts where the stream ends, and not before.
    void end_of_headers(bool is_last) {
        if (!is_last) return;
        facts.trailers_only = !in_trailers;
        facts.grpc_message = block_message;
        facts.grpc_status = read_grpc_status(block_status);
        if (!block_status.empty() && !facts.grpc_status) facts.fault = fmt::format("has a grpc-status that is no number: {}", block_status);
    }

    void closed(std::uint32_t code) {
        if (state != State::waiting) return;
        if (!overflow.empty()) {
            facts.fault = overflow;
        } else if (code != NGHTTP2_NO_ERROR && !facts.grpc_status) {
            state = State::broken;
            reason = fmt::format("gave the call up: {}", nghttp2_http2_strerror(code));
            return;
        }
        state = State::answered;
        if (facts.fault.empty()) facts.fault = fault();
    }

    // Also finds what the body says.
    std::string fault() {
        const auto& type = facts.content_type;
        const bool is_grpc = type.starts_with("application/grpc") && (type.size() == 16 || type[16] == '+' || type[16] == ';');
        if (!is_grpc) return type.empty() ? "has no content-type" : fmt::format("has the content-type {}", type);
        auto response = read_health_response(body);
        facts.serving = response.serving;
        if (!response.fault.empty()) return std::move(response.fault);
        if (!facts.grpc_status) return "ends without grpc-status";
        return {};
    }

    static Session& of(void* self) { return *static_cast<Session*>(self); }
    void submit(const Request& wanted);

    void flush() {
        const std::uint8_t* bytes = nullptr;
        ssize_t count = 0;
        while ((count = nghttp2_session_mem_send(http, &bytes)) > 0) output.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
    }
};

namespace {

std::string_view text_of(const std::uint8_t* bytes, std::size_t length) { return {reinterpret_cast<const char*>(bytes), length}; }

nghttp2_nv field(const std::string& name, const std::string& value) {
    const auto bytes = [](const std::string& text) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); };  // it copies
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

void GrpcCall::Session::submit(const Request& wanted) {
    const auto& spec = *wanted.spec;
    std::vector<std::pair<std::string, std::string>> fields{{":method", "POST"},
                                                            {":scheme", spec.tls ? "https" : "http"},
                                                            {":path", "/grpc.health.v1.Health/Check"},
                                                            {":authority", wanted.authority},
                                                            {"te", "trailers"},
                                                            {"content-type", "application/grpc"},
                                                            {"user-agent", wanted.user_agent},
                                                            {"grpc-timeout", fmt::format("{}m", wanted.timeout.count())}};
    fields.insert(fields.end(), spec.metadata.begin(), spec.metadata.end());
    std::vector<nghttp2_nv> values;
    for (const auto& [name, value] : fields) values.push_back(field(name, value));
    request = health_request(spec.service);
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t most, std::uint32_t* flags, nghttp2_data_source* source,
                            void*) -> ssize_t {
        auto& rest = of(source->ptr).request;
        const auto count = std::min(most, rest.size());
        std::memcpy(to, rest.data(), count);
        rest.erase(0, count);
        if (rest.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(count);
    };
    stream = nghttp2_submit_request(http, nullptr, values.data(), values.size(), &provider, nullptr);
    if (stream < 0) throw std::bad_alloc();
}

GrpcCall::GrpcCall(const Request& request) : session_(std::make_unique<Session>()) {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        auto& session = Session::of(self);
        // After an interim answer the real one is of this category, too: then nothing but a status of 1xx was seen.
        session.in_trailers = frame->headers.cat == NGHTTP2_HCAT_HEADERS && session.facts.http_status >= 200;
        session.block_status.clear();
        session.block_message.clear();
        return 0;
    });
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_length, const std::uint8_t* value,
                      std::size_t value_length, std::uint8_t, void* self) {
            auto& session = Session::of(self);
            if (frame->hd.stream_id == session.stream) session.note_header(text_of(name, name_length), text_of(value, value_length));
            return session.overflow.empty() ? 0 : static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        auto& session = Session::of(self);
        if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.stream_id == session.stream) {
            session.end_of_headers((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
        }
        return 0;
    });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session* http, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t length, void* self) {
            auto& session = Session::of(self);
            constexpr std::size_t most = kMaxGrpcMessage + 16;  // which no frame that we take fills
            if (stream != session.stream || !session.overflow.empty()) return 0;
            session.body += text_of(bytes, length).substr(0, most);
            if (session.body.size() < most) return 0;
            session.overflow = fmt::format("has a message of more than {} bytes", kMaxGrpcMessage);
            nghttp2_submit_rst_stream(http, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
            return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t code, void* self) {
        auto& session = Session::of(self);
        if (stream == session.stream) session.closed(code);
        return 0;
    });
    const int failed = nghttp2_session_client_new(&session_->http, callbacks, session_.get());
    nghttp2_session_callbacks_del(callbacks);
    if (failed != 0) throw std::bad_alloc();
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}};
    if (nghttp2_submit_settings(session_->http, NGHTTP2_FLAG_NONE, settings, 2) != 0) throw std::bad_alloc();
    session_->submit(request);
}

GrpcCall::~GrpcCall() = default;

std::string GrpcCall::take_output() {
    session_->flush();
    return std::exchange(session_->output, {});
}

// Sending is part of it: a stream that we reset is closed then.
GrpcCall::State GrpcCall::feed(std::string_view bytes) {
    auto& session = *session_;
    if (session.state != State::waiting) return session.state;
    const auto taken = nghttp2_session_mem_recv(session.http, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
    session.flush();
    if (session.state != State::waiting) return session.state;
    if (taken < 0 || nghttp2_session_want_read(session.http) == 0) {
        session.state = State::broken;
        session.reason = taken < 0 ? fmt::format("does not speak HTTP/2: {}", nghttp2_strerror(static_cast<int>(taken))) : "does not speak HTTP/2 as it should";
    }
    return session.state;
}

const check::GrpcFacts& GrpcCall::facts() const { return session_->facts; }
const std::string& GrpcCall::reason() const { return session_->reason; }

}  // namespace sonde::agent
