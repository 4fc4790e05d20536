// Where to go on in a table that is a queue: rows are added at its end and removed at its front.
#pragma once

#include <chrono>
#include <cstdint>

#include "lib/base/instant.h"

namespace sonde::db {

// An index keeps the entries of removed rows until they are vacuumed, and whoever begins at the front each time passes them all: so one goes on behind
// what was removed last, while there is more. Rows may also come to be before that, of transactions that took longer: once a second, and when
// nothing is left, one begins at the front.
class QueueCursor {
public:
    static constexpr std::chrono::seconds kFromTheFront{1};

    // Take rows with greater keys than this.
    [[nodiscard]] std::int64_t after(MonotonicPoint now) {
        if (now >= next_front_) {
            next_front_ = now + kFromTheFront;
            after_ = 0;
        }
        return after_;
    }
    // All rows up to `last` that were there are removed, as far as they may be by now; `more`: there may be others behind it.
    void removed(std::int64_t last, bool more) { after_ = more ? last : 0; }
    void begin_anew() { after_ = 0; }

private:
    std::int64_t after_ = 0;
    MonotonicPoint next_front_{};
};

}  // namespace sonde::db
