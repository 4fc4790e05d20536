// The kinds of checks there are.
#pragma once

#include "lib/base/enum_name.h"

namespace sonde::check {

// In the order of the alternatives of `Spec`. The names are those of the API, the messages and the database.
enum class Kind : unsigned char { http, tls, tcp, dns, ping, udp };

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Kind> {
    static constexpr std::array<std::string_view, 6> names{"http", "tls", "tcp", "dns", "ping", "udp"};
};
