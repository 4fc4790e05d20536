// What a gRPC health check saw.
#pragma once

#include <optional>
#include <string>

#include "lib/json/json.h"

namespace sonde::check {

// `5 NOT_FOUND`; the number alone where it has no name.
std::string grpc_status_text(int status);
// `SERVING`; `STATUS 7` where the number has no name.
std::string serving_text(int serving);

inline constexpr int kServing = 1;  // of grpc.health.v1.HealthCheckResponse.ServingStatus

struct GrpcFacts {
    static constexpr const char* name = "grpc";

    int http_status = 0;
    std::string content_type;
    std::string fault;               // in which way it is no answer of gRPC; empty if it is one
    std::optional<int> grpc_status;  // none if the answer had none
    std::string grpc_message;        // percent-decoded
    bool trailers_only = false;      // the status came in the first headers
    std::optional<int> serving;      // none if there was no message
};

Json write(const GrpcFacts& facts, bool full);

}  // namespace sonde::check
