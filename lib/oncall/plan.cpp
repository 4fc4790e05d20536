#include "lib/oncall/plan.h"

#include <algorithm>

namespace sonde::oncall {
namespace {

using std::chrono::days;
using std::chrono::minutes;

// When clocks show it; nothing is before it that they show later.
TimePoint begin_of(const calendar::Zone& zone, Wall wall) {
    const auto reading = zone.read(calendar::Local{wall});
    return std::chrono::ceil<milliseconds>(reading.kind == calendar::Reading::Kind::never ? reading.change : reading.first);
}

Wall turn_begin(const Layer& layer, std::int64_t turn) { return layer.start + turn * minutes{layer.length}; }

// The turn at that time; negative before the first.
std::int64_t turn_at(const calendar::Zone& zone, const Layer& layer, TimePoint at) {
    const auto wall = zone.local(at) - calendar::Local{layer.start};
    auto turn = std::chrono::floor<minutes>(wall) / minutes{layer.length};
    if (wall < calendar::Local::duration{0}) turn = -1;
    // The clock may show a time again that is over, or have skipped one.
    while (turn >= -1 && begin_of(zone, turn_begin(layer, turn + 1)) <= at) ++turn;
    while (turn >= 0 && begin_of(zone, turn_begin(layer, turn)) > at) --turn;
    return turn;
}

bool is_within(const Hours& hours, calendar::Local wall) {
    const auto day = std::chrono::floor<days>(wall);
    const auto time = wall - calendar::Local{day};
    const auto on = [&](std::chrono::local_days one) {
        return std::find(hours.days.begin(), hours.days.end(), std::chrono::weekday{one}.iso_encoding()) != hours.days.end();
    };
    if (hours.from < hours.to) return on(day) && time >= hours.from && time < hours.to;
    return (on(day) && time >= hours.from) || (on(day - days{1}) && time < hours.to);
}

std::optional<UserId> turn_of(const calendar::Zone& zone, const Layer& layer, TimePoint at) {
    if (layer.members.empty()) return std::nullopt;
    const auto wall = zone.local(at);
    if (!layer.hours.empty() && std::none_of(layer.hours.begin(), layer.hours.end(), [&](const Hours& hours) { return is_within(hours, wall); })) return std::nullopt;
    const auto turn = turn_at(zone, layer, at);
    if (turn < 0) return std::nullopt;
    return layer.members[static_cast<std::size_t>(turn) % layer.members.size()];
}

// Every time at which anything may change.
class Changes {
public:
    Changes(const calendar::Zone& zone, TimePoint from, TimePoint to) : zone_(zone), from_(from), to_(to), all_{from} {}

    void add(TimePoint at) {
        if (at > from_ && at < to_) all_.push_back(at);
    }
    void add(Wall wall) {
        const auto reading = zone_.read(calendar::Local{wall});
        add(begin_of(zone_, wall));
        if (reading.kind == calendar::Reading::Kind::twice) add(std::chrono::ceil<milliseconds>(reading.first + (reading.end - reading.begin)));
    }
    void add_clock_changes() {
        for (auto change = zone_.change_after(from_); change && change->at < to_; change = zone_.change_after(change->at)) add(std::chrono::ceil<milliseconds>(change->at));
    }
    [[nodiscard]] std::vector<TimePoint> sorted() && {
        std::sort(all_.begin(), all_.end());
        all_.erase(std::unique(all_.begin(), all_.end()), all_.end());
        return std::move(all_);
    }

private:
    const calendar::Zone& zone_;
    TimePoint from_;
    TimePoint to_;
    std::vector<TimePoint> all_;
};

void add_turns(const calendar::Zone& zone, const Layer& layer, TimePoint from, TimePoint to, Changes& changes) {
    for (auto turn = std::max<std::int64_t>(turn_at(zone, layer, from), 0);; ++turn) {
        const auto begin = turn_begin(layer, turn);
        if (begin_of(zone, begin) >= to) return;
        changes.add(begin);
    }
}

void add_hours(const calendar::Zone& zone, const Hours& hours, TimePoint from, TimePoint to, Changes& changes) {
    const auto last = std::chrono::floor<days>(zone.local(to)) + days{1};
    for (auto day = std::chrono::floor<days>(zone.local(from)) - days{2}; day <= last; day += days{1}) {
        changes.add(Wall{day} + hours.from);
        changes.add(Wall{day} + hours.to);
    }
}

}  // namespace

Duty on_call(const Plan& plan, const std::vector<Substitute>& substitutes, TimePoint at) {
    for (auto i = substitutes.size(); i-- > 0;) {
        if (substitutes[i].from <= at && at < substitutes[i].to) return {substitutes[i].user, {}, substitutes[i].id};
    }
    for (auto i = plan.layers.size(); i-- > 0;) {
        if (const auto user = turn_of(plan.zone, plan.layers[i], at)) return {*user, i, {}};
    }
    return {};
}

std::vector<Span> on_call(const Plan& plan, const std::vector<Substitute>& substitutes, TimePoint from, TimePoint to) {
    std::vector<Span> spans;
    if (from >= to) return spans;
    Changes changes(plan.zone, from, to);
    changes.add_clock_changes();
    for (const auto& one : substitutes) {
        changes.add(one.from);
        changes.add(one.to);
    }
    for (const auto& layer : plan.layers) {
        add_turns(plan.zone, layer, from, to, changes);
        for (const auto& hours : layer.hours) add_hours(plan.zone, hours, from, to, changes);
    }
    for (const auto at : std::move(changes).sorted()) {
        const auto duty = on_call(plan, substitutes, at);
        if (!spans.empty() && spans.back().duty == duty) continue;
        if (!spans.empty()) spans.back().to = at;
        spans.push_back({at, to, duty});
    }
    return spans;
}

}  // namespace sonde::oncall
