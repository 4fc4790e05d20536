// The kinds of resources that files set, in one table: what is set of each, and what is canonical. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/check/secrets.h"
#include "lib/json/reader.h"

namespace sonde::controlplane::apply_api {

// In the order in which they are made, so that what another refers to is there. Regions refer to monitors and they to regions: see `carry_out`.
enum class Kind : unsigned char { region, site, monitor, group, dependency, maintenance, channel, schedule, schedule_override, escalation, route, route_override, status_page, drill };

}  // namespace sonde::controlplane::apply_api

template <>
struct sonde::EnumNames<sonde::controlplane::apply_api::Kind> {
    static constexpr std::array<std::string_view, 14> names{"region",   "site",              "monitor",    "group", "dependency",     "maintenance", "channel",
                                                           "schedule", "schedule_override", "escalation", "route", "route_override", "status_page", "drill"};
};

namespace sonde::controlplane::apply_api {

inline constexpr std::array<Kind, 14> kKinds{Kind::region, Kind::site, Kind::monitor, Kind::group, Kind::dependency, Kind::maintenance, Kind::channel, Kind::schedule,
                                           Kind::schedule_override, Kind::escalation, Kind::route, Kind::route_override, Kind::status_page, Kind::drill};

// `shop`, of monitors `shop/home`: 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit; of regions their name, of status pages their slug. What
// reads as an identifier of ours is none, so that a reference is one or the other.
bool is_key(Kind kind, std::string_view key);

// The field that is the key, for kinds that have such a one: there is one resource of that key at most, whoever made it. Empty for others.
std::string_view key_field(Kind kind);

// Whether `text` is an identifier of that kind, or the name of a region.
bool is_identifier(Kind kind, std::string_view text);

// Where the API has such resources: `/v1/groups`. Those of an override are below its schedule, and this is only how they are told apart.
std::string_view path_of(Kind kind);

// What is set of one, picked out of what the API shows of it.
Json settable(Kind kind, const Json& shown);

// The fields without which a document of the kind cannot be read.
const std::vector<std::string>& required_fields(Kind kind);

// The canonical document, defaults filled in, of what would be written; without secrets. Of a monitor `secrets` are those there are, and a field
// `secrets` says all there are to be; of a status page it may have a `password`. Every mistake is a problem below `pointer`; what is returned then is nothing to go by.
Json canonical(Kind kind, const Json& document, const std::string& pointer, json::Problems& problems, const check::Secrets& secrets = {});

// Whether a canonical document is of a time that is past at `now`: nothing follows from it any more, but for what is told of that time.
bool is_over(Kind kind, const Json& document, TimePoint now);

// What has to be said of a resource whose canonical document is `document`, so that all else has its default.
Json brief(Kind kind, const Json& document, const check::Secrets& secrets = {});

}  // namespace sonde::controlplane::apply_api
