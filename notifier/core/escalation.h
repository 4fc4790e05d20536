// The steps of an escalation: which is next, and whom it reaches. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/account/user_id.h"
#include "lib/base/instant.h"
#include "lib/base/routing_id.h"
#include "lib/json/json.h"
#include "lib/oncall/id.h"

namespace sonde::notifier {

struct EscalationStep {
    milliseconds after{0};  // the step before it; of the first, its beginning
    std::vector<ChannelId> channels{};
    std::vector<UserId> users{};          // by their channels
    std::vector<ScheduleId> schedules{};  // whoever is on call then
};

struct Escalation {
    EscalationId id;
    std::string name;
    std::vector<EscalationStep> steps;
    int repeat = 0;               // times after the first, all of the steps
    milliseconds repeat_after{0};  // the last of them
};

// What is known of a channel that a step names.
struct Reachable {
    std::string name;
    bool enabled = true;
    bool muted = false;  // by the site's override
};
// Of a person.
struct Person {
    std::string name;
    bool disabled = false;
    std::vector<ChannelId> channels{};
};
// Of a schedule, who is on call now and by what.
struct OnCall {
    std::string name;
    UserId user{};        // none: nobody
    std::string layer{};  // its name; or
    ScheduleOverrideId substitute{};
};
struct Directory {
    std::map<ChannelId, Reachable> channels{};
    std::map<UserId, Person> people{};
    std::map<ScheduleId, OnCall> schedules{};
};

// The step that is brought after `brought` others: what the incident's timeline and event say of it; nothing if that were all.
//
// `policy` {id, name}; `step` of `steps`, in round `round` of `rounds`; `number` of `of`, over all rounds; `next_after_ms` until the next, null if it is the
// last; `targets`, each with its `channel` {id, name}, and whose that is: `user` {id, name}, and the `schedule` {id, name} by whose `layer` or `override_id`; `left_out`,
// what of these it would have been, with `why`. A channel is reached once. A step that reaches nobody is followed by the next at once, but not by
// the next round.
struct Brings {
    Json details;
    bool reached = false;
};
std::optional<Brings> bring(const Escalation& escalation, int brought, const Directory& directory);

// `steps` and `repeat` as they are stored. Throws std::exception if they are not.
Escalation read_stored_escalation(EscalationId id, std::string name, const std::string& steps, const std::string& repeat);

}  // namespace sonde::notifier
