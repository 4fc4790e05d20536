// What good checks saw besides their timings (address, HTTP version, certificate) hardly ever changes: it is stored once, and results have
// its number.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "incident-engine/metrics.h"
#include "incident-engine/writes.h"
#include "lib/db/db.h"

namespace sonde::engine {

// Remembers the numbers of documents that were used today, by UTC; a new day begins with nothing, so that each one in use is marked as such
// every day, and the control plane's housekeeping knows those that are not. Not thread-safe; several engines may number the same at once.
class Sights {
public:
    struct Bounds {
        std::size_t known = 200'000;  // documents remembered; when there are more, all are forgotten and looked up again
        int of_monitor = 64;          // new ones a monitor may have in a day: a target that shows itself anew to every check has none kept
        std::size_t bytes = 4096;     // of one document
    };
    Sights(Bounds bounds, Metrics& metrics) : bounds_(bounds), metrics_(metrics) {}

    // The number of what each result saw; 0 where it was not good, saw nothing, or is not kept (counted). What is not remembered is looked
    // up and, if it is not there, written: one statement, and none for what is remembered. The locks it takes are in one order everywhere.
    std::vector<int> number(db::Tx& tx, std::span<const Seen> results, TimePoint now);

    // The transaction committed: only now is remembered what it found and wrote.
    void committed();
    // It did not.
    void rolled_back() { found_.clear(); }

private:
    using Hash = std::array<std::uint64_t, 2>;
    struct HashOfHash {
        std::size_t operator()(const Hash& hash) const noexcept { return static_cast<std::size_t>(hash[0]); }
    };
    struct Unknown;
    struct Found {
        Hash hash;
        int number = 0;
        MonitorId monitor;
        bool is_new = false;
    };
    void look_up(db::Tx& tx, const std::vector<Unknown>& unknown, std::vector<int>& numbers);

    Bounds bounds_;
    Metrics& metrics_;
    std::chrono::sys_days day_{};
    std::unordered_map<Hash, int, HashOfHash> known_;
    std::unordered_map<MonitorId, int> new_of_;  // today
    std::vector<Found> found_;                   // by the transaction under way
};

}  // namespace sonde::engine
