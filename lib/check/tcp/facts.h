// What a TCP check saw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/check/failure.h"
#include "lib/json/json.h"

namespace sonde::check {

// What one step of a dialogue got.
struct TcpHeard {
    bool met = false;   // of an expectation: it was found; of a sending one: it was sent
    std::string found;  // what came since the step before, at most 512 bytes of it
};

// One connection, and the dialogue over it.
struct TcpConversation {
    std::string address;           // with the port
    Failure failure;               // of connecting or talking; an expectation that was not met is none
    std::vector<TcpHeard> steps;   // those that were begun
    bool ended = false;            // the other side closed the connection before the dialogue was over
    bool overfull = false;         // it sent more than 64 KiB
    std::int64_t received = 0;     // bytes
    std::string transcript;        // the first 4 KiB of what was received
};

struct TcpFacts {
    static constexpr const char* name = "tcp";

    std::vector<TcpConversation> conversations;  // one, but for `each`
};

Json write(const TcpFacts& facts, bool full);

}  // namespace sonde::check
