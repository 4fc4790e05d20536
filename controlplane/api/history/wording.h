// Decisions and incidents in sentences, for people. Pure: works on the documents that the API shows.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace sonde::controlplane {

// The text in a field; empty if there is none.
std::string text_in(const Json& object, std::string_view field);

// `confirmation_refuted` as `those asked do not see it`. Of a reason that only a newer version knows: its name, with spaces.
std::string describe_reason(std::string_view reason);

// Why a vote was not counted: `absent`, `stale`, or whatever mark stands in it, `quarantined` and the like; empty if it was.
std::string mark_of(const Json& vote);

// Adds `not_counted` to each vote that was not.
Json with_marks(Json votes);

// `eu: down (connect_refused), us: up, ap: absent`; those that were not counted with their mark.
std::string describe_votes(const Json& votes);

// What was decided of a monitor, `{kind, from, to, reason, votes, asked}`; that it paged nobody, and why, where that is so.
std::string describe_decision(const Json& decision);

// One entry of an incident's timeline, `{kind, actor, reason, data}`; `monitor` is the name of the one it is about.
std::string describe_entry(const Json& entry, std::string_view monitor);

}  // namespace sonde::controlplane
