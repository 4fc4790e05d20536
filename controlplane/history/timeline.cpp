#include "controlplane/history/timeline.h"

#include <algorithm>
#include <numeric>

namespace sonde::history {
namespace {

// From the worst to what says least.
constexpr std::array kByWeight{State::down, State::degraded, State::unknown, State::up, State::maintenance, State::pending, State::paused};

}  // namespace

std::vector<Span> spans_within(const Timeline& timeline, TimePoint from, TimePoint to) {
    std::vector<Span> spans;
    for (std::size_t i = 0; i < timeline.size(); ++i) {
        if (!timeline[i].state) continue;
        const auto begin = std::max(timeline[i].since, from);
        const auto end = i + 1 < timeline.size() ? std::min(timeline[i + 1].since, to) : to;
        if (begin >= end) continue;
        if (!spans.empty() && spans.back().to == begin && spans.back().state == *timeline[i].state) {
            spans.back().to = end;
        } else {
            spans.push_back({begin, end, *timeline[i].state});
        }
    }
    return spans;
}

milliseconds TimeIn::all() const { return std::accumulate(times_.begin(), times_.end(), milliseconds{0}); }

TimeIn time_in(const Timeline& timeline, TimePoint from, TimePoint to) {
    TimeIn times;
    for (const auto& span : spans_within(timeline, from, to)) times[span.state] += span.to - span.from;
    return times;
}

void sweep(std::span<const Timeline* const> timelines, const std::function<void(TimePoint, const Tally&)>& tell) {
    struct Turn {
        TimePoint at;
        std::size_t which = 0;
        std::optional<State> to;
    };
    std::vector<Turn> turns;
    for (std::size_t i = 0; i < timelines.size(); ++i) {
        for (const auto& edge : *timelines[i]) turns.push_back({edge.since, i, edge.state});
    }
    std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.at < b.at; });
    std::vector<std::optional<State>> now(timelines.size());
    Tally in;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        auto& state = now[turns[i].which];
        if (state) --in[*state];
        state = turns[i].to;
        if (state) ++in[*state];
        if (i + 1 == turns.size() || turns[i + 1].at != turns[i].at) tell(turns[i].at, in);
    }
}

Timeline worst_of(std::span<const Timeline* const> timelines) {
    Timeline worst;
    sweep(timelines, [&worst](TimePoint at, const Tally& in) {
        const auto* heaviest = std::find_if(kByWeight.begin(), kByWeight.end(), [&](State state) { return in[state] > 0; });
        const auto shown = heaviest == kByWeight.end() ? std::nullopt : std::optional(*heaviest);
        if (worst.empty() ? shown.has_value() : worst.back().state != shown) worst.push_back({at, shown});
    });
    return worst;
}

Timeline worst_of(const std::vector<Timeline>& timelines) {
    std::vector<const Timeline*> all;
    for (const auto& timeline : timelines) all.push_back(&timeline);
    return worst_of(all);
}

}  // namespace sonde::history
