// What a ping monitor asks.
#pragma once

#include <string>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/check/endpoint.h"
#include "lib/json/reader.h"

namespace sonde::check {

enum class PingFamily : unsigned char { any, ipv4, ipv6 };

struct PingSpec {
    std::string host;  // a name or an address without brackets
    PingFamily family = PingFamily::any;
    int packets = 3;                   // 1 to 20
    milliseconds interval{200};        // 20 ms to 10 s, from one to the next
    milliseconds wait{1000};           // 50 ms to 10 s, for the answer to each; a later one counts as lost
    int payload_bytes = 56;            // 8 to 1452
    int max_loss_percent = 99;         // 0 to 99; more is down
    int degraded_loss_percent = 100;   // 0 to 100; more is degraded; 100: never
    milliseconds max_rtt{10000};       // 1 ms to 10 s; a longer average is down
    milliseconds degraded_rtt{10000};  // likewise degraded
};

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(PingSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const PingSpec& spec);
Endpoint endpoint(const PingSpec& spec);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::PingFamily> {
    static constexpr std::array<std::string_view, 3> names{"auto", "ipv4", "ipv6"};
};
