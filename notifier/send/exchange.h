// One HTTP request to a receiver and what came of it: data only, so that channels can be tested without a network.
#pragma once

#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "notifier/core/retry.h"

namespace sonde::notifier {

// A POST. `url` was validated by net::parse_url.
struct HttpRequest {
    std::string url;
    std::vector<std::string> headers;  // `Name: value`
    std::string body;
};

struct HttpReply {
    int status = 0;  // of the final answer, once its header arrived whole; 0 if none did
    Outcome failure =
        Outcome::unreachable;  // meaningful without a status: timed_out, unreachable, tls, blocked_address or not_sendable
    std::string error;         // for people; empty with a status
    std::string body;          // its first bytes, as they came; may have been cut
    std::string retry_after;   // the header's value, if there was one
    microseconds took{0};
};

// How much of an answer is kept.
inline constexpr std::size_t kMaxReplyBytes = 1024;

}  // namespace sonde::notifier
