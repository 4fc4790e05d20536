// What a UDP check saw.
#pragma once

#include <string>

#include "lib/json/json.h"

namespace sonde::check {

struct UdpFacts {
    static constexpr const char* name = "udp";

    int sent = 0;           // datagrams
    bool answered = false;  // by a datagram, which may be empty
    std::string answer;     // the first one, whole
};

// Full: with the first 4 KiB of the answer, as text and, if it is not UTF-8, in hexadecimal digits too.
Json write(const UdpFacts& facts, bool full);

}  // namespace sonde::check
