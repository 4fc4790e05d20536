// What was sent and waits for its answer: publishes to a stream, and requests. Knows nothing of connections.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lib/bus/bus.h"

namespace sonde::bus {

// Thread-safe. Every callback is called exactly once, without a lock held, at the latest by `fail_all`.
class Answers {
public:
    using OnPublished = std::function<void(PublishOutcome)>;
    using OnReply = std::function<void(std::optional<Delivery>)>;

    explicit Answers(std::size_t capacity) : capacity_(capacity) {}

    // The number under which the answer will come; 0 if there are too many open, and then `done` was not taken over.
    std::uint64_t expect_ack(OnPublished& done, MonotonicPoint deadline);
    std::uint64_t expect_reply(OnReply& done, MonotonicPoint deadline);

    // These do nothing for a number that is not, or no longer, open.
    void acknowledged(std::uint64_t number, PublishOutcome outcome);
    void replied(std::uint64_t number, std::optional<Delivery> reply);
    [[nodiscard]] bool is_publish(std::uint64_t number) const;

    // Ends what is overdue, as `timed_out` or without a reply.
    void sweep(MonotonicPoint now);
    void fail_all();

    // Not after the earliest deadline of all that is open; far in the future if nothing is.
    [[nodiscard]] MonotonicPoint next_deadline() const;
    [[nodiscard]] std::size_t open_publishes() const;

private:
    struct Open {
        MonotonicPoint deadline;
        OnPublished on_published;  // one of the two
        OnReply on_reply;
    };
    std::uint64_t add(Open open);
    static void end(std::vector<Open>& ended);

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Open> open_;
    std::size_t publishes_ = 0;
    std::uint64_t last_ = 0;
    MonotonicPoint earliest_ = MonotonicPoint::max();
};

}  // namespace sonde::bus
