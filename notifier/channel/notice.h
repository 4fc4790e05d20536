// What a channel is told: what everybody is, or what its own templates make of it. Pure.
#pragma once

#include "notifier/channel/kind.h"
#include "notifier/core/wording.h"

namespace sonde::notifier {

// `event` is `message.document`. Templates may name what the event's document has, and
//
//     title text facts[name, value] link ack_url     what is said without templates
//
// A title is one line. A template that cannot be filled, or whose title comes to nothing, is passed over, and why is a fact of the notice: a page is worth more than its words.
Notice notice_for(const Message& message, const Json& event);

}  // namespace sonde::notifier
