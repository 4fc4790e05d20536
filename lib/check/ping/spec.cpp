#include "lib/check/ping/spec.h"

#include <algorithm>

#include "lib/check/host.h"
#include "lib/net/guard.h"

namespace sonde::check {
namespace {

constexpr milliseconds kLongest{10000};
constexpr int kNeverDegraded = 100;

}  // namespace

void read(PingSpec& spec, json::Reader& in, json::Problems& /*problems*/) {
    in.require({"host"});
    read_host(in, "host", spec.host);
    in.name("family", spec.family);
    in.whole("packets", spec.packets, 1, 20);
    in.duration_ms("interval_ms", spec.interval, milliseconds{20}, kLongest);
    in.duration_ms("wait_ms", spec.wait, milliseconds{50}, kLongest);
    in.whole("payload_bytes", spec.payload_bytes, 8, 1452);
    in.whole("max_loss_percent", spec.max_loss_percent, 0, 99);
    in.whole("degraded_loss_percent", spec.degraded_loss_percent, 0, kNeverDegraded);
    in.duration_ms("max_rtt_ms", spec.max_rtt, milliseconds{1}, kLongest);
    in.duration_ms("degraded_rtt_ms", spec.degraded_rtt, milliseconds{1}, kLongest);
    const auto address = net::Address::parse(spec.host);
    if (address && spec.family != PingFamily::any && (address->family == AF_INET6) != (spec.family == PingFamily::ipv6))
        in.refuse("family", "is not that of the address in `host`");
    if (spec.degraded_loss_percent != kNeverDegraded && spec.degraded_loss_percent >= spec.max_loss_percent)
        in.refuse("degraded_loss_percent", "must be below max_loss_percent, or 100 for never");
    if (spec.degraded_rtt > spec.max_rtt && in.has("degraded_rtt_ms")) in.refuse("degraded_rtt_ms", "must not be more than max_rtt_ms");
    spec.degraded_rtt = std::min(spec.degraded_rtt, spec.max_rtt);
}

Json write(const PingSpec& spec) {
    return {{"host", spec.host},
            {"family", name_of(spec.family)},
            {"packets", spec.packets},
            {"interval_ms", spec.interval.count()},
            {"wait_ms", spec.wait.count()},
            {"payload_bytes", spec.payload_bytes},
            {"max_loss_percent", spec.max_loss_percent},
            {"degraded_loss_percent", spec.degraded_loss_percent},
            {"max_rtt_ms", spec.max_rtt.count()},
            {"degraded_rtt_ms", spec.degraded_rtt.count()}};
}

Endpoint endpoint(const PingSpec& spec) { return {spec.host, 0}; }

}  // namespace sonde::check
