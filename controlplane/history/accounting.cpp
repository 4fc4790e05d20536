#include "controlplane/history/accounting.h"

namespace sonde::history {
namespace {

std::optional<double> share(milliseconds part, milliseconds whole) {
    if (whole <= milliseconds{0}) return std::nullopt;
    return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

}  // namespace

Uptime count(const TimeIn& times, const Accounting& accounting) {
    Uptime uptime;
    uptime.up = times[State::up];
    uptime.down = times[State::down];
    const auto put = [&](State state, Counts as) {
        (as == Counts::up ? uptime.up : as == Counts::down ? uptime.down : uptime.excluded) += times[state];
    };
    put(State::degraded, accounting.degraded);
    put(State::unknown, accounting.unknown);
    put(State::pending, accounting.pending);
    put(State::maintenance, accounting.maintenance);
    put(State::paused, accounting.paused);
    uptime.ratio = share(uptime.up, uptime.up + uptime.down);
    const auto known = times[State::up] + times[State::degraded] + times[State::down];
    uptime.coverage = share(known, known + times[State::unknown] + times[State::pending]);
    return uptime;
}

Json seconds_of(const TimeIn& times) {
    Json document;
    for (const auto state : {State::up, State::degraded, State::down, State::unknown, State::pending, State::maintenance, State::paused}) {
        document[std::string(name_of(state))] = static_cast<double>(times[state].count()) / 1000.0;
    }
    return document;
}

Json write(const Accounting& accounting) {
    return {{"degraded", name_of(accounting.degraded)},
            {"unknown", name_of(accounting.unknown)},
            {"pending", name_of(accounting.pending)},
            {"maintenance", name_of(accounting.maintenance)},
            {"paused", name_of(accounting.paused)}};
}

}  // namespace sonde::history
