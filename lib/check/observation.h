// What a probe saw: facts only, no opinion.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "lib/check/verdict.h"

namespace sonde::check {

// Time spent in each phase of the last hop, by the monotonic clock. A phase that was not reached is zero.
// `total` is the whole check, all hops of a redirect chain included.
struct Phases {
    microseconds resolve{0};
    microseconds connect{0};
    microseconds tls{0};
    microseconds first_byte{0};
    microseconds transfer{0};
    microseconds total{0};
};

// The step in which a probe failed, and how. `none` means an answer was received, whatever it said.
struct Failure {
    FailureClass cause = FailureClass::none;
    std::string message;  // for people: what was being done, to what address, and the system's reason
};

struct CertificateFacts {
    std::string subject;
    std::string issuer;
    TimePoint not_before;
    TimePoint not_after;
};

struct Observation {
    Failure failure;
    Phases phases;
    std::string address;        // `192.0.2.1:443`, the one connected to; empty if none was
    std::string final_url;      // after redirects; empty if it is the spec's own
    std::string http_version;   // `1.1`, `2`; empty if no answer
    int http_status = 0;        // 0 if no answer
    int redirects = 0;
    std::int64_t body_bytes = 0;
    bool body_truncated = false;
    std::optional<CertificateFacts> certificate;
};

struct Judgement {
    Verdict verdict = Verdict::unknown;
    FailureClass cause = FailureClass::none;
    std::string message;  // empty when up
};

}  // namespace sonde::check
