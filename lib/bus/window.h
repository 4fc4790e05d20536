// How many messages a puller may ask for, and what it has asked for already. Pure: time comes in, requests go out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "lib/base/instant.h"

namespace sonde::bus {

// One pull request for the server.
struct Ask {
    std::size_t slot;
    std::uint64_t id;
    int batch;
};

// The server answers a request by up to `batch` messages, over time, and forgets it after `expires`. Messages do not tell which
// request they answer, but where they arrive does: each slot is an inbox of its own and has at most one request open, so that
// what is still to come is always known exactly. There are two, for one to be filled while the next request is on its way.
class Window {
public:
    static constexpr std::size_t kSlots = 2;

    explicit Window(milliseconds expires) : expires_(expires) {}

    // For requests from now on.
    void expire_after(milliseconds expires) { expires_ = expires; }
    [[nodiscard]] milliseconds expires() const { return expires_; }

    // The room there is now, which each message then makes one smaller until this is called again.
    void want(int messages);

    // What to ask for now; at most once for the same room. Small remainders are left until half of the room is unasked for, so that
    // a steady flow does not cost a request a message.
    std::optional<Ask> next(MonotonicPoint now);

    void message(std::size_t slot);
    // The server said that it will send nothing more for this request. Without effect if it is not the slot's present one.
    void ended(std::size_t slot, std::uint64_t id);
    // Nothing that was asked for will be answered any more.
    void forget();
    // Asks nothing until `until`.
    void pause(MonotonicPoint until) { paused_until_ = until; }
    // Gives up requests that the server must have forgotten, without having told. How many.
    int sweep(MonotonicPoint now);

    // When `next` or `sweep` may have something to do even though nothing else happens.
    [[nodiscard]] MonotonicPoint next_event() const;
    // Messages asked for and not yet here.
    [[nodiscard]] int open() const;

private:
    struct Slot {
        std::uint64_t id = 0;
        int left = 0;  // 0: no request is open
        MonotonicPoint deadline;
    };

    milliseconds expires_;
    int want_ = 0;
    std::uint64_t last_id_ = 0;
    std::array<Slot, kSlots> slots_;
    MonotonicPoint paused_until_ = MonotonicPoint::min();
};

}  // namespace sonde::bus
