// The bodies of what people ask of incidents, as commands.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/decision/incident_command.h"

namespace sonde::controlplane {

// The command that the body says, with actor and `If-Match`; the body may be absent where it says nothing that is needed. Throws a 422.
// Of `edit_update` and `delete_update` the path says the number.
decision::Command read_command(const Call& call, decision::Action action);

}  // namespace sonde::controlplane
