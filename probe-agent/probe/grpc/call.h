// One call of grpc.health.v1.Health/Check over HTTP/2, over memory: no socket, no waiting. By nghttp2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/check/grpc/facts.h"
#include "lib/check/grpc/spec.h"

namespace sonde::agent {

// Bytes in, bytes out. Not thread-safe.
class GrpcCall {
public:
    static constexpr std::size_t kMaxHeaderBytes = 16 * 1024;  // of the answer, trailers included

    struct Request {
        const check::GrpcSpec* spec = nullptr;  // read by the constructor only
        std::string authority;                  // of the spec, or of the connection
        std::string user_agent;
        milliseconds timeout{0};  // told to the server
    };

    // Throws std::bad_alloc.
    explicit GrpcCall(const Request& request);
    ~GrpcCall();
    GrpcCall(const GrpcCall&) = delete;
    GrpcCall& operator=(const GrpcCall&) = delete;

    enum class State : unsigned char {
        waiting,
        answered,  // `facts` say what
        broken,    // `reason` says how the server broke HTTP/2, or gave the call up
    };

    State feed(std::string_view bytes);
    // What is to be sent.
    std::string take_output();

    [[nodiscard]] const check::GrpcFacts& facts() const;
    [[nodiscard]] const std::string& reason() const;

private:
    struct Session;
    std::unique_ptr<Session> session_;
};

}  // namespace sonde::agent
