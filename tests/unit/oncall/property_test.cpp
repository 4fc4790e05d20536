// Whatever the plan: its spans are those of a model that looks at every minute.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "lib/oncall/plan.h"

namespace oncall_property_test {

using namespace sonde;
using namespace sonde::oncall;
using std::chrono::minutes;

namespace {

rc::Gen<int> whole(int from, int to) { return rc::gen::inRange(from, to + 1); }

// Zones, and a time of a change of their clocks: of an hour, of half an hour, of a day.
struct Place {
    const char* zone;
    const char* near;
};
constexpr Place kPlaces[] = {
    {"Europe/Berlin", "2026-03-29T01:00:00Z"},   {"Europe/Berlin", "2026-10-25T01:00:00Z"},      {"America/New_York", "2026-11-01T06:00:00Z"},
    {"America/Sao_Paulo", "2018-11-04T03:00:00Z"}, {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
    {"Pacific/Apia", "2011-12-30T10:00:00Z"},    {"Asia/Kolkata", "2026-06-01T00:00:00Z"},       {"UTC", "2026-06-01T00:00:00Z"},
};

std::vector<Hours> hours() {
    std::vector<Hours> all;
    for (int i = *whole(0, 2); i > 0; --i) {
        Hours one{.days = {}, .from = minutes{*whole(0, 24 * 60 - 1)}, .to = minutes{*whole(0, 24 * 60)}};
        for (unsigned day = 1; day <= 7; ++day) {
            if (*whole(0, 1) == 1) one.days.push_back(day);
        }
        all.push_back(one);
    }
    return all;
}

std::vector<UserId> members() {
    std::vector<UserId> all;
    for (int i = *whole(0, 3); i > 0; --i) all.push_back(UserId{*whole(1, 5)});
    return all;
}

// By the minute of the week at which each stretch of them begins, and how long it is.
bool covers(const Hours& hours, std::int64_t minute_of_week) {
    const auto length = hours.from < hours.to ? hours.to - hours.from : hours.to - hours.from + minutes{24 * 60};
    return std::any_of(hours.days.begin(), hours.days.end(), [&](unsigned day) {
        const auto since = (minute_of_week - (day - 1) * 24 * 60 - hours.from.count() + 2 * 7 * 24 * 60) % (7 * 24 * 60);
        return since < length.count();
    });
}

// Looks at one minute after the other: a turn that the clocks have shown to begin has begun, even if they show its beginning as future again.
class Model {
public:
    explicit Model(const Plan& plan) : plan_(plan), turns_(plan.layers.size(), -1) {}

    Duty at(TimePoint now, const std::vector<Substitute>& substitutes) {
        const auto wall = std::chrono::floor<minutes>(plan_.zone.local(now));
        const auto minute = (wall.time_since_epoch().count() + 3 * 24 * 60) % (7 * 24 * 60);  // the epoch was a Thursday
        Duty duty;
        for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
            const auto& layer = plan_.layers[i];
            const auto since = (wall - layer.start).count();
            if (since >= 0) turns_[i] = std::max<std::int64_t>(turns_[i], since / minutes{layer.length}.count());
            const bool open = layer.hours.empty() || std::any_of(layer.hours.begin(), layer.hours.end(), [&](const Hours& one) { return covers(one, minute); });
            if (turns_[i] >= 0 && open && !layer.members.empty()) duty = {layer.members[static_cast<std::size_t>(turns_[i]) % layer.members.size()], i, {}};
        }
        for (const auto& one : substitutes) {
            if (one.from <= now && now < one.to) duty = {one.user, {}, one.id};
        }
        return duty;
    }

private:
    const Plan& plan_;
    std::vector<std::int64_t> turns_;
};

}  // namespace

TEST_CASE("spans cover what was asked for, without overlap, and are what the clocks say minute by minute") {
    CHECK(rc::check([] {
        const auto& place = kPlaces[static_cast<std::size_t>(*whole(0, std::size(kPlaces) - 1))];
        const auto change = from_rfc3339(place.near).value();
        Plan plan{*calendar::Zone::find(place.zone), {}};
        const auto begin = change - minutes{*whole(0, 3 * 24 * 60)};
        const auto from = begin + minutes{*whole(0, 24 * 60)};
        const auto to = from + minutes{*whole(1, 4 * 24 * 60)};
        const auto near = std::chrono::floor<minutes>(plan.zone.local(begin));
        for (int i = *whole(0, 3); i > 0; --i) {
            plan.layers.push_back({.name = "layer", .members = members(), .start = near - minutes{*whole(-24 * 60, 20 * 24 * 60)},
                                   .length = std::chrono::hours{*rc::gen::element(1, 2, 5, 12, 24, 7 * 24)}, .hours = hours()});
        }
        std::vector<Substitute> substitutes;
        for (int i = *whole(0, 2); i > 0; --i) {
            const auto begins = from + minutes{*whole(-600, 4 * 24 * 60)};
            substitutes.push_back({ScheduleOverrideId{i}, UserId{*whole(6, 7)}, begins, begins + minutes{*whole(1, 24 * 60)}});
        }

        const auto spans = on_call(plan, substitutes, from, to);
        RC_ASSERT(!spans.empty());
        RC_ASSERT(spans.front().from == from);
        RC_ASSERT(spans.back().to == to);
        for (std::size_t i = 0; i + 1 < spans.size(); ++i) {
            RC_ASSERT(spans[i].from < spans[i].to);
            RC_ASSERT(spans[i].to == spans[i + 1].from);
            RC_ASSERT(!(spans[i].duty == spans[i + 1].duty));
        }
        Model model(plan);
        for (auto before = begin - minutes{2 * 24 * 60}; before < from; before += minutes{1}) model.at(before, substitutes);
        std::size_t span = 0;
        for (auto now = from; now < to; now += minutes{1}) {
            while (spans[span].to <= now) ++span;
            RC_ASSERT(model.at(now, substitutes) == spans[span].duty);
            RC_ASSERT(on_call(plan, substitutes, now) == spans[span].duty);
        }
    }));
}

}  // namespace oncall_property_test
