// Which pages something has happened to: read from what the services write anyway: `change`, states over time, and the outbox.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "lib/base/status_page_id.h"
#include "lib/db/db.h"

namespace sonde::status_page {

// Each call tells what was committed since the one before, though transactions commit out of order; nothing is missed, and nothing is told twice. Not thread-safe.
class NewsReader {
public:
    struct News {
        bool everything = false;
        std::set<StatusPageId> pages;  // also those that are made, and gone
    };
    // The first call tells where to begin: everything. Throws db::DbError.
    News read(db::Tx& tx);
    // As new: for when rows may have been removed since the last call.
    void restart() { mark_.reset(); }

private:
    std::optional<std::string> mark_;  // the least transaction that may have been under way
    std::unordered_set<std::string> told_;
};

}  // namespace sonde::status_page
