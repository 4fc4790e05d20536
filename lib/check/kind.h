// The kinds of checks there are.
#pragma once

#include "lib/base/enum_name.h"

namespace sonde::check {

// In the order of the alternatives of `Spec`. The names are those of the API, the messages and the database.
enum class Kind : unsigned char { http, tls, tcp, dns, ping, udp, heartbeat, websocket, banner, grpc, domain, drill };

// Such monitors are heard of; nobody goes and looks, and no job of theirs is published.
constexpr bool is_pushed(Kind kind) { return kind == Kind::heartbeat; }

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Kind> {
    static constexpr std::array<std::string_view, 12> names{"http",      "tls",       "tcp",    "dns",  "ping",  "udp",
                                                              "heartbeat", "websocket", "banner", "grpc", "domain", "drill"};
};
