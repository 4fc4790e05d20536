// What a probe saw: facts only, no opinion.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "lib/base/instant.h"
#include "lib/check/banner/facts.h"
#include "lib/check/dns/facts.h"
#include "lib/check/domain/facts.h"
#include "lib/check/drill/facts.h"
#include "lib/check/failure.h"
#include "lib/check/grpc/facts.h"
#include "lib/check/heartbeat/facts.h"
#include "lib/check/http/facts.h"
#include "lib/check/ping/facts.h"
#include "lib/check/tcp/facts.h"
#include "lib/check/tls/facts.h"
#include "lib/check/tls/handshake_facts.h"
#include "lib/check/udp/facts.h"
#include "lib/check/websocket/facts.h"

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

// What is common to all kinds, and what one kind alone can see.
struct Observation {
    Failure failure;
    Phases phases;
    std::string address;  // `192.0.2.1:443`, the one connected to; empty if none was
    std::optional<TlsFacts> tls;
    std::variant<std::monostate, HttpFacts, HandshakeFacts, TcpFacts, DnsFacts, PingFacts, UdpFacts, HeartbeatFacts, WebSocketFacts, BannerFacts,
                 GrpcFacts, DomainFacts, DrillFacts>
        seen;

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
