// Job messages that were received and not yet answered for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "lib/bus/bus.h"
#include "lib/uv/loop.h"

namespace sonde::agent {

using ReceiptId = std::uint64_t;

// A message is acknowledged when every job in it is settled: its result accepted by the stream, or safe in the spool, or not
// wanted any more. Until then its consumer is told from time to time that we are at it. Loop thread only.
class Receipts {
public:
    static constexpr milliseconds kStillAtIt{2000};  // well below the consumer's ack_wait

    Receipts(uv::Loop& loop, bus::Bus& bus);

    // `jobs` is at least 1. Nothing if the very message is open already: it was delivered again, and is answered for once.
    std::optional<ReceiptId> open(const std::string& stream, bus::Delivery delivery, int jobs);
    void settle(ReceiptId receipt, int jobs = 1);
    // Its results are lost: it is given back when the rest is settled.
    void lose(ReceiptId receipt, int jobs = 1);
    // Gives everything that is still open back at once, for another agent.
    void give_back();
    [[nodiscard]] std::size_t size() const { return open_.size(); }

private:
    struct Open {
        std::string stream;
        bus::Delivery delivery;
        int unsettled = 0;
        bool lost = false;
    };
    void close(ReceiptId receipt, int jobs, bool lost);

    bus::Bus& bus_;
    std::unordered_map<ReceiptId, Open> open_;
    std::unordered_map<std::string, ReceiptId> by_message_;
    ReceiptId last_ = 0;
    uv::Timer still_at_it_;
};

}  // namespace sonde::agent
