#include "controlplane/history/gap.h"

#include <utility>

namespace sonde::history {
namespace {

constexpr std::chrono::minutes kMinute{1};

class Following {
public:
    explicit Following(std::optional<Gap> open) { step_.open = std::move(open); }

    void calm_until(TimePoint at) {
        if (!step_.open || at < step_.open->until + kGapIsOver) return;
        step_.edges.push_back({false, *step_.open});
        step_.open.reset();
        began_.reset();
    }
    void missed_too_many(const Minute& minute) {
        if (!step_.open) {
            step_.open = Gap{minute.at, minute.at, 0, 0};
            began_ = step_.edges.size();
            step_.edges.push_back({true, {}});
        }
        auto& gap = *step_.open;
        gap.until = minute.at + kMinute;
        gap.expected += minute.expected;
        gap.missed += minute.missed;
        if (began_) step_.edges[*began_].gap = gap;
    }
    GapStep take() { return std::move(step_); }

private:
    GapStep step_;
    std::optional<std::size_t> began_;  // the place of the open gap's begin, if that is one of these edges
};

}  // namespace

bool misses_too_many(std::int64_t expected, std::int64_t missed, int percent) { return missed > 0 && missed * 100 >= expected * percent; }

GapStep follow_gap(std::optional<Gap> open, std::span<const Minute> minutes, TimePoint upto, int percent) {
    Following following(std::move(open));
    for (const auto& minute : minutes) {
        following.calm_until(minute.at);
        if (misses_too_many(minute.expected, minute.missed, percent)) following.missed_too_many(minute);
    }
    following.calm_until(upto);
    return following.take();
}

}  // namespace sonde::history
