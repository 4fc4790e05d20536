// Digests in PostgreSQL, as the one notifier that plans keeps them: all in its transaction, so that what is put together and what tells it are as
// certain as what is planned.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lib/base/routing_id.h"
#include "lib/db/db.h"
#include "notifier/core/digest_document.h"
#include "notifier/core/grouping.h"
#include "notifier/core/plan.h"

namespace sonde::notifier {

// A channel, as far as digests go by it.
struct DigestChannel {
    std::string name;
    channel::Digest policy;
    bool in_place = false;  // its kind brings messages up to date
};

// Of one transaction, which must outlive it. Throws DbError.
class Digests {
public:
    // Reads those that go on.
    Digests(db::Tx& tx, TimePoint now, std::unordered_map<ChannelId, DigestChannel> channels);

    // What was planned to be sent is put into a digest if it belongs into one: then it is not sent by itself, and says so. `member` is the digest
    // that the incident's opening is in, if any.
    void gather(const News& news, Planned& planned, DigestId member);

    // Writes what `gather` changed.
    void save();

    // Writes the events of digests that are due, with their deliveries. After `save`, and after the deliveries that were gathered are in the
    // database. Returns those events.
    std::vector<std::int64_t> tell();

private:
    struct Open {
        ChannelId channel;
        Timing timing;
        std::optional<TimePoint> due;
        std::int64_t event = 0;  // that told it last; 0: none
        bool told_well = false;  // its delivery is not given up
        bool critical = false;   // something critical was told
        bool closed = false;
        bool changed = false;
    };
    struct ChannelFlood {
        Flood flood;
        DigestId digest{};
    };

    DigestId begin(ChannelId channel, DigestCause cause);
    std::optional<EventId> tell(DigestId id, Open& digest);
    [[nodiscard]] bool says_nothing_new(const Open& digest, const DigestContent& content);
    [[nodiscard]] DigestContent read(DigestId id, const Open& digest);

    db::Tx& tx_;
    TimePoint now_;
    std::unordered_map<ChannelId, DigestChannel> channels_;
    std::unordered_map<ChannelId, ChannelFlood> floods_;
    std::unordered_map<DigestId, Open> open_;
    std::vector<ChannelId> flooded_;  // whose flood changed
};

}  // namespace sonde::notifier
