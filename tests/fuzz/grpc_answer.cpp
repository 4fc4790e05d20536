// The first byte is how the rest is cut: a server's end of an HTTP/2 connection, on which a health check was asked for. The rest is also taken for
// the body of an answer alone.
#include <algorithm>

#include "probe-agent/probe/grpc/call.h"
#include "probe-agent/probe/grpc/wire.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(grpc_answer) {
    if (size < 1) return 0;
    const std::size_t piece = 1 + data[0];
    auto text = fuzz::text(data, size).substr(1);
    const auto response = agent::read_health_response(text);
    fuzz::require(response.fault.empty() || !response.serving, "a fault or a health");
    fuzz::require(agent::decode_grpc_message(text).size() <= text.size(), "decoding does not add");
    fuzz::require(agent::health_request(text.substr(0, 200)).size() <= 5 + 3 + 200, "a request is framed");

    check::GrpcSpec spec;
    agent::GrpcCall call({.spec = &spec, .authority = "a.test:1", .user_agent = "fuzz", .timeout = milliseconds{1000}});
    static_cast<void>(call.take_output());
    auto state = agent::GrpcCall::State::waiting;
    for (; !text.empty() && state == agent::GrpcCall::State::waiting; text.remove_prefix(std::min(piece, text.size()))) {
        state = call.feed(text.substr(0, piece));
        static_cast<void>(call.take_output());
    }
    fuzz::require((state == agent::GrpcCall::State::broken) == !call.reason().empty(), "what is broken has a reason, and nothing else has");
    return 0;
}
