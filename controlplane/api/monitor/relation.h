// Whether what a request refers to is there: monitors, sites, groups, channels and escalations, by their identifiers.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "lib/base/relation_id.h"
#include "lib/base/routing_id.h"
#include "lib/db/db.h"
#include "lib/json/reader.h"

namespace sonde::controlplane::relation {

// Those of `ids` that are there and not deleted; none of them is deleted before the transaction ends.
std::set<std::int64_t> monitors(db::Tx& tx, const std::vector<std::int64_t>& ids);
std::set<std::int64_t> sites(db::Tx& tx, const std::vector<std::int64_t>& ids);
std::set<std::int64_t> channels(db::Tx& tx, const std::vector<std::int64_t>& ids);
std::set<std::int64_t> groups(db::Tx& tx, const std::vector<std::int64_t>& ids);

// A problem at `/escalation_id` if there is none such.
void refuse_missing_escalation(db::Tx& tx, const std::optional<EscalationId>& escalation, json::Problems& problems);

// One edge or group at a time is made, so that no two close a circle together.
void lock(db::Tx& tx);

template <class AnyId>
std::vector<std::int64_t> numbers(const std::vector<AnyId>& ids) {
    std::vector<std::int64_t> all;
    for (const auto id : ids) all.push_back(id.value());
    return all;
}

// A problem at `<pointer>/<index>` for each of `ids` that is not in `there`.
template <class AnyId>
void refuse_missing(const std::vector<AnyId>& ids, const std::set<std::int64_t>& there, const std::string& pointer, const std::string& detail,
                    json::Problems& problems) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!there.contains(ids[i].value())) problems.push_back({pointer + "/" + std::to_string(i), detail});
    }
}

}  // namespace sonde::controlplane::relation
