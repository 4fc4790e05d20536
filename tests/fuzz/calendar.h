// What the fuzz targets of the three kinds of schedules share.
#pragma once

#include "lib/calendar/schedule.h"
#include "tests/fuzz/target.h"

namespace sonde::fuzz {

// Parses, and takes a few next times around a change of the clocks.
inline void schedule(calendar::Kind kind, std::string_view text) {
    static const auto zone = calendar::Zone::find("Europe/Berlin");
    const auto start = from_unix_ms(1'767'225'600'000);
    const auto parsed = calendar::Schedule::parse(kind, text, *zone, start);
    if (!parsed) {
        require(!parsed.error().message.empty() && parsed.error().column <= text.size() + 1, "a refusal says what is wrong, and where in the text");
        return;
    }
    const auto again = calendar::Schedule::parse(kind, parsed->text(), *zone, start);
    require(again.ok() && again->text() == parsed->text(), "the text of a schedule reads back the same");
    for (const std::int64_t from : {1'774'742'400'000, 1'792'886'400'000}) {
        auto at = from_unix_ms(from);
        for (int i = 0; i < 4; ++i) {
            const auto next = parsed->next_after(at);
            require(next == again->next_after(at), "and so do its times");
            if (!next) break;
            require(*next > at, "next times rise strictly");
            require(parsed->next_after(*next - milliseconds{1}) == next, "the next time of just before a next time is that");
            at = *next;
        }
    }
}

}  // namespace sonde::fuzz
