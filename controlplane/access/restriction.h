// Callers who are restricted to some sites.
#pragma once

#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

// Those named, and those that have one of the tags; never neither. What belongs to other sites is as if it were not there.
struct Restriction {
    std::vector<SiteId> sites{};
    std::vector<std::string> tags{};

    // Pure. `tags` are those of the site.
    [[nodiscard]] bool covers(SiteId site, const std::vector<std::string>& site_tags) const;
    friend bool operator==(const Restriction&, const Restriction&) = default;
};

namespace restriction {

// From here to its end the transaction sees what is theirs, and writes nothing else (DbError, `outside`): names of tables mean views
// (schema/migrations, make_restricted_views). Throws DbError.
void enter(db::Tx& tx, const Restriction& restriction);

}  // namespace restriction
}  // namespace sonde::controlplane
