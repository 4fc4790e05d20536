#include "lib/maintenance/window.h"

#include <algorithm>

namespace sonde::maintenance {
namespace {

constexpr std::size_t kFollowed = 2000;  // occurrences that are looked at to find the last

}  // namespace

std::optional<Plan> Plan::of(const Draft& draft) {
    Plan plan;
    plan.starts_at_ = draft.starts_at;
    if (!draft.recurs()) {
        if (!draft.ends_at) return std::nullopt;
        plan.duration_ = *draft.ends_at - draft.starts_at;
        return plan;
    }
    const auto zone = calendar::Zone::find(draft.timezone);
    if (!zone) return std::nullopt;
    auto schedule = calendar::Schedule::parse(calendar::Kind::rrule, draft.rrule, *zone, draft.starts_at);
    if (!schedule) return std::nullopt;
    plan.duration_ = draft.duration;
    plan.schedule_ = *std::move(schedule);
    return plan;
}

std::optional<TimePoint> Plan::start_after(TimePoint after) const {
    // Rules know whole seconds (RFC 5545, section 3.3.5): the first occurrence begins with the second.
    if (schedule_) return schedule_->next_after(std::max<TimePoint>(after, std::chrono::floor<seconds>(starts_at_) - milliseconds{1}));
    return starts_at_ > after ? std::optional(starts_at_) : std::nullopt;
}

bool Plan::has(TimePoint start) const { return start_after(start - milliseconds{1}) == start; }

Occurrence Plan::from(TimePoint start, const Ends& ends) const {
    const auto given = ends.find(start);
    return {start, given != ends.end() ? given->second : start + duration_};
}

std::optional<Occurrence> Plan::at(TimePoint now, const Ends& ends) const {
    std::optional<Occurrence> found;
    const auto offer = [&](TimePoint start) {
        const auto one = from(start, ends);
        if (one.start <= now && now < one.end && (!found || one.end > found->end)) found = one;
    };
    for (auto start = start_after(now - duration_); start && *start <= now; start = start_after(*start)) offer(*start);
    // One that was given a later end may have begun long ago.
    for (const auto& [start, end] : ends) {
        if (start <= now && now < end && has(start)) offer(start);
    }
    return found;
}

std::optional<TimePoint> Plan::next_edge(TimePoint now, const Ends& ends) const {
    auto edge = start_after(now);
    if (const auto current = at(now, ends); current && (!edge || current->end < *edge)) edge = current->end;
    return edge;
}

std::vector<Occurrence> Plan::between(TimePoint from_time, TimePoint to, std::size_t most, const Ends& ends) const {
    std::vector<Occurrence> found;
    for (const auto& [start, end] : ends) {
        if (start <= from_time - duration_ && end > from_time && start < to && has(start)) found.push_back({start, end});
    }
    for (auto start = start_after(from_time - duration_); start && *start < to && found.size() < most; start = start_after(*start)) {
        const auto one = from(*start, ends);
        if (one.end > from_time && one.end > one.start) found.push_back(one);
    }
    return found;
}

std::optional<TimePoint> Plan::over_at() const {
    if (!schedule_) return starts_at_ + duration_;
    std::optional<TimePoint> last;
    auto start = start_after(starts_at_ - milliseconds{1});
    for (std::size_t i = 0; start; ++i) {
        if (i == kFollowed) return std::nullopt;
        last = start;
        start = start_after(*start);
    }
    return last ? std::optional(*last + duration_) : std::optional(starts_at_);
}

}  // namespace sonde::maintenance
