// Requests of the kinds that are declared alone (schema/channels). Pure.
#pragma once

#include "notifier/channel/kind.h"
#include "notifier/core/wording.h"

namespace sonde::notifier::declared {

// What templates and conditions of declarations may name:
//
//     title text facts[name, value] tone verb thread site link ack_url as people are told, escaped; under `plain` as they are
//     open acknowledge resolve update info                             true for the verb
//     kind event_id event at unix began_at ends_at delivery            of the event: what it is, when, since and until when
//     config.… secret.… remembered.…                                   settings, secrets, and what was kept of earlier answers
Result<Composed> compose(const channel::Declaration& declaration, const Message& message, const Json& config, const Json& secrets);

}  // namespace sonde::notifier::declared
