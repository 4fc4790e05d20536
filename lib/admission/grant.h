// What each role may do on the bus, as subjects. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/admission/keys.h"

namespace sonde::admission {

// Subjects may have variables that the servers fill in from a user's token: `{{name()}}`, its name, and `{{tag(x)}}`, each value of its tags `x:…`.
// A variable is a whole part of a subject: servers know no others.
struct Grant {
    std::vector<std::string> publish{};  // empty: nothing
    std::vector<std::string> subscribe{};
    std::vector<std::string> never_publish{};  // of what `publish` allows
    bool may_answer = false;  // once, and within a minute, to whoever asks for it on a subject it may hear
    bool is_bearer = false;   // the token is enough, without a signature by its user's key
};

// * An agent may fetch and acknowledge what is queued for its region, report in its region's name, answer runs, say that it lives, and hear
//   the answers; nothing else, and nothing of others.
// * The control plane may send jobs to all regions and report pings, hear runs and who lives, and make and mend streams; not read results, nor end a stream with what only the engine reads.
// * The engine may read results, ask for confirmations and tell events, and make and mend streams; not send jobs of the schedule, nor report.
// * A subscriber may read events, an administrator do everything.
Grant grant_of(Role role);

// The tags of an agent's token, with which its grant becomes that of its region: `region:eu`, `queue:SONDE_JOBS_eu`, …
std::vector<std::string> tags_of_agent(std::string_view region);

// Where the answers to a user arrive: an agent's identifier, or the name of a role. It may listen below this, and no other role below the same.
std::string inbox_prefix(std::string_view user);

}  // namespace sonde::admission
