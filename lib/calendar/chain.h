// One component of a calendar event: a list of values, ranges and repetitions, as `01,07..09,10/2`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/calendar/scanner.h"

namespace sonde::calendar {

// All values are whole numbers; seconds are counted in microseconds.
struct Part {
    std::int64_t start = 0;
    std::int64_t stop = -1;   // -1: there is none
    std::int64_t repeat = 0;  // 0: it is not repeated
    friend auto operator<=>(const Part&, const Part&) = default;
};

struct ChainKind {
    std::string_view name;
    std::int64_t least;
    std::int64_t most;
    std::int64_t unit = 1;  // 1'000'000 for seconds, which may have decimals
    int width = 2;          // digits at least, in the normal form
    bool backwards = false;  // counted from the end: a repetition goes down
};

// Empty: `*`, all values.
using Chain = std::vector<Part>;

// Reads one component. What is not in the kind's range is refused by `validate`, because the kind may not be known yet.
bool read_chain(Scanner& in, bool decimals, Chain& chain);

// Puts the parts in their normal form and order, and refuses what is out of range; `column` is where the component begins.
bool validate(Scanner& in, std::size_t column, const ChainKind& kind, Chain& chain);

// Calls `each(first, last, step)` for the progressions that a chain is, all within the kind's range.
template <class Each>
void progressions(const Chain& chain, const ChainKind& kind, Each each) {
    if (chain.empty()) return each(kind.least, kind.most, kind.unit);
    for (const auto& part : chain) {
        const auto last = part.stop >= 0 ? part.stop : part.repeat > 0 ? kind.most : part.start;
        each(part.start, last, part.repeat > 0 ? part.repeat : kind.unit);
    }
}

std::string text_of(const Chain& chain, const ChainKind& kind);

}  // namespace sonde::calendar
