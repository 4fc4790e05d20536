// Which slots a result may have, seen from the moment at which it comes.
#pragma once

#include <chrono>

namespace sonde {

// Older results are refused by the engine; so a day that ended so long ago gets no more of them, and may be packed.
inline constexpr std::chrono::hours kOldestSlot{24};
// How long after that a result of it may still come: clocks differ.
inline constexpr std::chrono::hours kClockMargin{1};

// Clocks differ.
inline constexpr std::chrono::minutes kNewestSlot{5};

// A result that comes so long after the end of its slot's hour tells that the hour has to be rolled up again. The roll-up waits for twice as
// long: a transaction of the engine, all of whose statements have their time-outs, has ended by then.
inline constexpr std::chrono::minutes kHourIsComplete{5};

}  // namespace sonde
