#include "notifier/deadman/way.h"

#include <fmt/format.h>

namespace sonde::notifier::deadman {

std::string trouble(const Way& way) {
    if (way.oldest_unplanned > kLongestWait) return fmt::format("an event has waited {} s to be planned", way.oldest_unplanned.count() / 1000);
    if (way.oldest_due > kLongestWait && !way.sending) return fmt::format("a delivery that is due has waited {} s", way.oldest_due.count() / 1000);
    if (!way.accounted_ago) return "no checks have been accounted for yet";
    if (*way.accounted_ago > kLongestUnaccounted) return fmt::format("checks are accounted for until {} s ago", way.accounted_ago->count() / 1000);
    if (way.expected > 0 && way.executed == 0) return fmt::format("of {} checks none was executed", way.expected);
    return {};
}

}  // namespace sonde::notifier::deadman
