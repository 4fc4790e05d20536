#include "tests/unit/calendar/said.h"

namespace sonde::calendar::test {

std::string next_times(Kind kind, const Asked& asked) {
    const auto zone = Zone::find(asked.zone);
    if (!zone) return zone.error().message;
    const auto schedule = Schedule::parse(kind, asked.text, *zone, from_rfc3339(asked.start));
    if (!schedule) return schedule.error().text();
    auto at = from_rfc3339(asked.from);
    std::string text;
    for (int i = 0; at && i < asked.count; ++i) {
        at = schedule->next_after(*at);
        text += (text.empty() ? "" : " ") + (at ? schedule->zone().text(*at) : "never");
    }
    return text;
}

std::string refusal(Kind kind, std::string_view text) {
    const auto schedule = Schedule::parse(kind, text, Zone::utc(), from_rfc3339("2026-01-01T00:00:00Z"));
    return schedule ? "accepted" : schedule.error().text();
}

}  // namespace sonde::calendar::test
