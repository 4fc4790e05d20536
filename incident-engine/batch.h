// What the worker decides on in one transaction.
#pragma once

#include <vector>

#include "incident-engine/catalog.h"
#include "incident-engine/intake.h"
#include "lib/message/result.h"

namespace sonde::engine {

// A message with its results, read.
struct Opened {
    Parcel parcel;
    std::string region;  // from the subject, which the server's permissions protect; not from the body
    message::ResultBatch batch;
};

struct Batch {
    TimePoint now{};                           // that it is decided on as of (StreamClock)
    std::vector<Opened> messages;
    std::vector<MonitorId> reread;             // their definitions were read anew
    std::vector<catalog::Orphan> orphans;
    std::vector<SiteId> gone;                  // deleted sites of which something is open
    std::vector<MonitorId> due;                // for a tick
    bool commands = false;                     // some are waiting
    bool look = false;                         // what is between monitors may be another
    bool radius = false;                       // more or fewer may be suppressed because of an incident
    bool judge = false;                        // other engines have reported on regions that outages wait for

    [[nodiscard]] bool empty() const {
        return messages.empty() && reread.empty() && orphans.empty() && gone.empty() && due.empty() && !commands && !look && !radius && !judge;
    }
    [[nodiscard]] std::size_t results() const {
        std::size_t n = 0;
        for (const auto& message : messages) n += message.batch.results.size();
        return n;
    }
};

}  // namespace sonde::engine
