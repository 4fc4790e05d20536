// Requests to the provider, by libcurl. Blocks the calling thread, never longer than the deadline.
#pragma once

#include <string>
#include <vector>

#include "lib/base/duration.h"
#include "lib/base/result.h"

namespace sonde::oidc {

inline constexpr std::size_t kMaxAnswerBytes = 256 << 10;

struct Ask {
    std::string url;
    std::vector<std::string> headers;  // `Name: value`
    std::string form;                  // with one it is a POST
};

struct Answer {
    long status = 0;
    std::string body;
};

// Certificates and names are verified, redirects not followed, proxies of the environment not asked; an answer beyond kMaxAnswerBytes is an error. The error says which host
// did not answer, and why; nothing that was sent. Thread-safe.
Result<Answer> fetch(const Ask& ask, milliseconds timeout, const std::string& ca_file);

}  // namespace sonde::oidc
