// The words of what is about messages themselves: several in one, and those that were given up. Pure.
#pragma once

#include "notifier/core/wording.h"

namespace sonde::notifier {

// `event` is a channel.digest.
void word_digest(const Json& event, Notice& notice);

// `event` is a delivery.dead.
void word_dead_letter(const Json& event, Notice& notice);

}  // namespace sonde::notifier
