// What an HTTP check saw of the answer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/json/json.h"

namespace sonde::check {

// Of the last hop.
struct HttpFacts {
    static constexpr const char* name = "http";

    std::string version;    // `1.1`, `2`
    int status = 0;         // 0 if no answer
    std::string final_url;  // after redirects, as it may be told: the probe hides in it, then cuts; empty if it is the spec's own
    int redirects = 0;
    std::string status_line;                                   // as received, `HTTP/1.1 503 Service Unavailable`
    std::vector<std::pair<std::string, std::string>> headers;  // as received, in order
    std::vector<std::pair<std::string, std::string>> trailers; // what came after the body, likewise
    std::string body;             // decoded; as much as the probe was told to keep
    std::int64_t body_bytes = 0;  // decoded, up to the limit of the spec
    bool body_truncated = false;  // there was more than the spec's limit
};

// Full: with headers and trailers, `***` for the values of those that carry secrets (header.h) and for credentials in the URLs of others
// (url_credentials.h), and the first 4 KiB of the body.
Json write(const HttpFacts& facts, bool full);

}  // namespace sonde::check
