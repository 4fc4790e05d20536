// The messages of grpc.health.v1.Health/Check as they travel: framed as gRPC does, encoded as protobuf does. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::agent {

inline constexpr std::size_t kMaxGrpcMessage = 4 * 1024;

// A frame with a HealthCheckRequest. `service` is at most 4 KiB.
std::string health_request(std::string_view service);

struct HealthResponse {
    std::string fault;           // in which way it is none, in words that may follow `it`; empty if it is one
    std::optional<int> serving;  // nothing if there is no message at all
};

// The whole body of an answer: no frame, or one with a HealthCheckResponse. Fields that are not known are passed over, as protobuf says.
HealthResponse read_health_response(std::string_view body);

// A grpc-message as it was before it was percent-encoded; what is not well encoded stays as it is.
std::string decode_grpc_message(std::string_view text);

// 0 to 999 in decimal digits.
std::optional<int> read_grpc_status(std::string_view text);

}  // namespace sonde::agent
