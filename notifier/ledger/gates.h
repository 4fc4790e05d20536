// The channels that may be sent less than there is to send: their breakers and buckets in PostgreSQL, which all notifiers share. Part of the
// transaction that takes leases.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/id.h"
#include "lib/db/db.h"
#include "notifier/core/breaker.h"
#include "notifier/core/bucket.h"

namespace sonde::notifier {

// Holds their rows for the transaction, which must outlive it, so that two notifiers never take the same. Throws DbError.
class Gates {
public:
    // Of channels that have something due.
    explicit Gates(db::Tx& tx);

    // How many attempts may begin, of each of them.
    [[nodiscard]] std::unordered_map<ChannelId, int> allowed() const;
    // Whose gates are held, and the kinds of channels that have one whatever is set.
    [[nodiscard]] std::vector<std::int64_t> held() const;
    static const std::vector<std::string>& limited_kinds();
    // Those that wait for a probe.
    [[nodiscard]] std::vector<std::int64_t> open() const;

    void took(ChannelId channel, milliseconds lease);
    // Writes what was taken.
    void save();
    // When there is something more to take; nothing if no bucket is empty.
    [[nodiscard]] std::optional<milliseconds> wait() const;

private:
    struct Gate {
        Breaker breaker;
        std::optional<channel::Rate> rate;
        Bucket bucket;
        bool changed = false;
    };

    db::Tx& tx_;
    TimePoint now_;
    std::unordered_map<ChannelId, Gate> gates_;
};

// Of an attempt that has ended: what the breaker is then, and what went wrong is kept. `failing`: whether there is anything that an accepted one would
// end. Returns whether it opened (true) or closed (false) by it.
std::optional<bool> record_health(db::Tx& tx, ChannelId channel, bool failing, Outcome outcome, std::optional<milliseconds> retry_after, std::string_view error,
                                  TimePoint began, TimePoint now);

}  // namespace sonde::notifier
