// One batch in one transaction: results, decisions, incidents, outbox, ledger. Whatever happens, all of it or nothing.
#pragma once

#include <array>
#include <vector>

#include "incident-engine/confirmations.h"
#include "incident-engine/deliberation.h"
#include "incident-engine/hearing.h"
#include "incident-engine/jurisdiction.h"
#include "incident-engine/region_watch.h"
#include "incident-engine/sights.h"

namespace sonde::engine {

// What a commit led to, beside what it wrote.
struct Committed {
    bool told = false;  // there are new events in the outbox
};

class Transaction {
public:
    struct Options {
        Sights::Bounds sights;
        milliseconds reopen_within;  // since its resolution, an incident may be opened again by hand
    };
    Transaction(db::Pool& pool, const crypto::SecretBox& secrets, bus::Bus& bus, Jurisdiction& jurisdiction, Confirmations& confirmations,
                Hearing& hearing, RegionWatch& regions, Options options, Metrics& metrics);

    // Decides, writes, commits; then takes the decisions over into memory, acknowledges the messages and asks for confirmations.
    // Throws db::DbError or db::Fenced: then nothing of that was done, but if the failure is `unavailable`, the commit may have
    // happened: the caller has everything read anew before it tries again.
    Committed run(Batch& batch);

private:
    struct Sorted {
        std::vector<Seen> results;
        std::array<std::uint64_t, 4> refused{};  // by Refusal
    };
    Sorted sort(const Batch& batch, TimePoint wall) const;
    std::vector<bool> insert(std::optional<db::Tx>& tx, const std::vector<Seen>& results, TimePoint wall);
    void begin(std::optional<db::Tx>& tx);
    decision::Reason tick(MonitorId monitor, Deliberation& deliberation);
    void judge(Deliberation& deliberation);
    void take_over(Batch& batch, Deliberation& deliberation, const Writes& writes);
    void count(const Sorted& sorted, const std::vector<bool>& is_new, const Writes& writes, std::uint64_t late, TimePoint committed_at);

    db::Pool& pool_;
    const crypto::SecretBox& secrets_;
    bus::Bus& bus_;
    Jurisdiction& jurisdiction_;
    Confirmations& confirmations_;
    Hearing& hearing_;
    RegionWatch& regions_;
    Metrics& metrics_;
    milliseconds reopen_within_;
    Sights sights_;
};

}  // namespace sonde::engine
