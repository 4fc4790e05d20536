// The reply subject of a message from a JetStream consumer, which carries what is known of its delivery.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::bus {

struct AckSubject {
    std::string_view stream;
    std::string_view consumer;
    int delivered = 0;  // 1 is the first time
    std::uint64_t stream_sequence = 0;
    std::int64_t stored_ns = 0;  // Unix time, by the server's clock
    std::uint64_t pending = 0;   // messages for the consumer that come after it, as of its delivery
};

// `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`, or, from servers that know domains,
// `$JS.ACK.<domain>.<account>.` followed by the same and possibly one token more. Nothing for any other subject.
std::optional<AckSubject> parse_ack_subject(std::string_view subject);

}  // namespace sonde::bus
