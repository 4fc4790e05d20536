#include "controlplane/status_page/condition.h"

#include <algorithm>

namespace sonde::status_page {
namespace {

using history::State;

constexpr std::size_t kMostOfDay = 10;

bool is_disruption(Condition condition) {
    return condition == Condition::degraded || condition == Condition::partial_outage || condition == Condition::major_outage;
}

// How much a condition says of the day that it was a part of.
int weight_in_day(Condition condition) { return condition == Condition::unknown ? -1 : static_cast<int>(condition); }

struct Stretch {
    TimePoint from;
    TimePoint to;
    Condition condition{};
};

std::vector<Stretch> stretches_of(const std::vector<Turn>& turns, TimePoint from, TimePoint to) {
    std::vector<Stretch> stretches;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const auto begin = std::max(turns[i].at, from);
        const auto end = i + 1 < turns.size() ? std::min(turns[i + 1].at, to) : to;
        if (turns[i].there && begin < end) stretches.push_back({begin, end, turns[i].condition});
    }
    return stretches;
}

// Hands out the parts of `spans`, which are in order, to the days that they are in.
template <class Span, class Put>
void by_day(const std::vector<Span>& spans, std::span<const DayFrame> frames, Put put) {
    std::size_t first = 0;
    for (const auto& span : spans) {
        while (first < frames.size() && frames[first].to <= span.from) ++first;
        for (std::size_t day = first; day < frames.size() && frames[day].from < span.to; ++day) {
            const auto from = std::max(span.from, frames[day].from);
            const auto to = std::min(span.to, frames[day].to);
            if (from < to) put(day, span, from, to);
        }
    }
}

}  // namespace

Condition condition_of(const history::Tally& in) {
    const bool all_that_tell_are_down = in[State::up] + in[State::degraded] + in[State::unknown] == 0;
    if (in[State::down] > 0) return all_that_tell_are_down ? Condition::major_outage : Condition::partial_outage;
    if (in[State::degraded] > 0) return Condition::degraded;
    if (in[State::unknown] > 0) return Condition::unknown;
    if (in[State::maintenance] > 0) return Condition::maintenance;
    if (in[State::up] > 0) return Condition::operational;
    return Condition::unknown;
}

Condition worst_of(std::span<const Condition> conditions) {
    const auto worst = std::max_element(conditions.begin(), conditions.end());
    return worst == conditions.end() ? Condition::operational : *worst;
}

std::vector<Turn> conditions_over(std::span<const history::Timeline* const> monitors) {
    std::vector<Turn> turns;
    history::sweep(monitors, [&turns](TimePoint at, const history::Tally& in) {
        int there = 0;
        for (std::size_t state = 0; state < EnumNames<State>::names.size(); ++state) there += in[static_cast<State>(state)];
        const Turn turn{at, condition_of(in), there > 0};
        if (turns.empty() || turns.back().condition != turn.condition || turns.back().there != turn.there) turns.push_back(turn);
    });
    return turns;
}

void put_history(Component& component, std::span<const history::Timeline* const> monitors, std::span<const DayFrame> frames, const history::Accounting& accounting) {
    const auto turns = conditions_over(monitors);
    component.condition = turns.empty() || !turns.back().there ? Condition::unknown : turns.back().condition;
    if (!turns.empty()) component.since = turns.back().at;
    if (frames.empty()) return;
    const auto from = frames.front().from;
    const auto to = frames.back().to;
    component.since = std::min(component.since, to);

    std::vector<history::TimeIn> times(frames.size());
    by_day(history::spans_within(history::worst_of(monitors), from, to), frames,
           [&times](std::size_t day, const history::Span& span, TimePoint begin, TimePoint end) { times[day][span.state] += end - begin; });
    std::vector<Day> days(frames.size());
    std::vector<bool> there(frames.size());
    by_day(stretches_of(turns, from, to), frames, [&](std::size_t i, const Stretch& stretch, TimePoint begin, TimePoint end) {
        auto& day = days[i];
        if (!there[i] || weight_in_day(stretch.condition) > weight_in_day(day.worst)) day.worst = stretch.condition;
        there[i] = true;
        if (is_disruption(stretch.condition) && day.disruptions.size() < kMostOfDay) day.disruptions.push_back({begin, end, stretch.condition});
    });

    history::TimeIn all;
    component.days.clear();
    for (std::size_t i = 0; i < frames.size(); ++i) {
        for (std::size_t state = 0; state < EnumNames<State>::names.size(); ++state) all[static_cast<State>(state)] += times[i][static_cast<State>(state)];
        if (!there[i] && component.days.empty()) continue;
        const auto counted = history::count(times[i], accounting);
        days[i].date = frames[i].date;
        days[i].uptime = counted.ratio;
        days[i].coverage = counted.coverage;
        if (!there[i]) days[i].worst = Condition::unknown;
        component.days.push_back(std::move(days[i]));
    }
    const auto counted = history::count(all, accounting);
    component.uptime = counted.ratio;
    component.coverage = counted.coverage;
}

}  // namespace sonde::status_page
