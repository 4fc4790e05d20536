// What a probe saw: facts only, no opinion.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "lib/base/instant.h"
#include "lib/check/heartbeat/facts.h"
#include "lib/check/http/facts.h"
#include "lib/check/tls/facts.h"
#include "lib/check/verdict.h"

namespace sonde::check {

// The steps of a check that goes over a connection.
enum class Phase : unsigned char { none, resolve, connect, tls, first_byte, transfer };

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

// How a probe failed, and in which step. `none` means an answer was received, whatever it said.
struct Failure {
    FailureClass cause = FailureClass::none;
    std::string message;  // for people: what was being done, to what address, and the system's reason
    Phase phase = Phase::none;

    [[nodiscard]] explicit operator bool() const { return cause != FailureClass::none; }
};

// What is common to all kinds, and what one kind alone can see.
struct Observation {
    Failure failure;
    Phases phases;
    std::string address;  // `192.0.2.1:443`, the one connected to; empty if none was
    std::optional<TlsFacts> tls;
    std::variant<std::monostate, HttpFacts, HeartbeatFacts> seen;

    // The facts of a kind, made if they are not there yet.
    template <class Facts>
    Facts& facts() {
        if (auto* there = std::get_if<Facts>(&seen)) return *there;
        return seen.emplace<Facts>();
    }
    // Null if the probe got nothing of the kind.
    template <class Facts>
    [[nodiscard]] const Facts* find() const {
        return std::get_if<Facts>(&seen);
    }
};

// How much of an observation is told. Brief is what every failing result keeps; full is evidence, bodies and headers included.
enum class Depth : unsigned char { brief, full };

// The document of an observation: `address`, `phase` if it failed, `tls`, and the facts of its kind under the kind's name.
Json write_observation(const Observation& observation, Depth depth);

// `{"resolve": ms, …, "total": ms}`, with microseconds after the point.
Json write_phases(const Phases& phases);

// HTTP's own status, 0 if there was no answer or the kind has none.
int http_status_of(const Observation& observation);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Phase> {
    static constexpr std::array<std::string_view, 6> names{"none", "resolve", "connect", "tls", "first_byte", "transfer"};
};
