// The record of every write and every login: who, what, before and after, from where.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/api/endpoint/access.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::controlplane::audit {

struct Entry {
    std::string_view action;  // `site.update`: the resource, and what was done with it
    std::string object{};     // `site:<id>`; empty for none
    std::string address{};    // empty if it is not known
    // Without secrets; null for none.
    Json before{};
    Json after{};
};

// In the transaction of what it tells, so that there is neither one without the other. Throws DbError.
void record(db::Tx& tx, const Actor& actor, const Entry& entry);

}  // namespace sonde::controlplane::audit
