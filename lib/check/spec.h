// What a monitor asks of a probe. One validator: the API refuses with it, the agent runs by it.
#pragma once

#include <string>
#include <variant>

#include "lib/check/banner/spec.h"
#include "lib/check/dns/spec.h"
#include "lib/check/domain/spec.h"
#include "lib/check/drill/spec.h"
#include "lib/check/endpoint.h"
#include "lib/check/grpc/spec.h"
#include "lib/check/heartbeat/spec.h"
#include "lib/check/http/spec.h"
#include "lib/check/kind.h"
#include "lib/check/ping/spec.h"
#include "lib/check/tcp/spec.h"
#include "lib/check/tls/spec.h"
#include "lib/check/udp/spec.h"
#include "lib/check/websocket/spec.h"
#include "lib/json/reader.h"

namespace sonde::check {

// In the order of Kind.
using Spec = std::variant<HttpSpec, TlsSpec, TcpSpec, DnsSpec, PingSpec, UdpSpec, HeartbeatSpec, WebSocketSpec, BannerSpec, GrpcSpec, DomainSpec, DrillSpec>;

inline Kind kind_of(const Spec& spec) { return static_cast<Kind>(spec.index()); }

// Reads and validates the `spec` of a monitor of kind `kind`. Every mistake is reported, with its JSON pointer.
Result<Spec, json::Problems> read_spec(Kind kind, const Json& document, std::string_view pointer);

// The canonical document of a spec: every field present, defaults filled in. `read_spec` reads it back equal.
Json write_spec(const Spec& spec);

// The canonical document without the fields that a spec of this kind has by default, if it is read back equal: what jobs carry.
Json write_brief_spec(const Spec& spec);

// Checks of one endpoint share a bound. Of a spec that was read.
Endpoint endpoint_of(const Spec& spec);

static_assert(std::variant_size_v<Spec> == EnumNames<Kind>::names.size());

}  // namespace sonde::check
