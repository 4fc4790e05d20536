#include "controlplane/status_page/html/bars.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace sonde::status_page::html {
namespace {

// Units of the picture that a bar and its gap are wide; the style sheet's dashes are as long.
constexpr int kBar = 5;
constexpr std::size_t kMaxDisruptions = 5;  // told of one day

constexpr std::string_view kNothing = "nothing";

std::string_view colour_of(const Day& day) {
    const bool is_nothing = day.disruptions.empty() && !day.uptime && day.worst == Condition::operational;
    return is_nothing ? kNothing : std::string_view(mark_of(day.worst));
}

bool is_good(const Day& day) { return day.disruptions.empty() && day.worst == Condition::operational && day.uptime && *day.uptime >= 1; }

// Runs of days of one colour, each colour one path: a run is a dashed line, whose dashes begin anew with it.
Json runs(std::span<const Day> days, int span) {
    std::vector<std::string_view> marks(static_cast<std::size_t>(span) - days.size(), kNothing);
    marks.reserve(static_cast<std::size_t>(span));
    for (const auto& day : days) marks.push_back(colour_of(day));
    std::vector<std::pair<std::string_view, std::string>> paths;
    for (std::size_t from = 0; from < marks.size();) {
        auto to = from + 1;
        while (to < marks.size() && marks[to] == marks[from]) ++to;
        auto found = std::find_if(paths.begin(), paths.end(), [&](const auto& path) { return path.first == marks[from]; });
        if (found == paths.end()) found = paths.insert(paths.end(), {marks[from], ""});
        fmt::format_to(std::back_inserter(found->second), FMT_COMPILE("M{} 16H{}"), from * kBar, to * kBar);
        from = to;
    }
    auto all = Json::array();
    for (const auto& [mark, path] : paths) all.push_back(object({{"mark", mark}, {"path", path}}));
    return all;
}

// Of what was on that day, as clocks on its walls said.
std::string told(const Scene& scene, const Day& day, const Disruption& disruption) {
    const auto& words = scene.words;
    const auto starts = day_of(scene.zone, disruption.from) == day.date ? words.time(scene.zone, disruption.from) : words.at(scene.zone, disruption.from);
    const auto ends = day_of(scene.zone, disruption.to) == day.date ? words.time(scene.zone, disruption.to) : words.at(scene.zone, disruption.to);
    return fmt::format(FMT_COMPILE("{}: {}"), words.text("condition", name_of(disruption.condition)),
                       words.say("lasted", {{"from", starts}, {"to", ends}, {"duration", words.duration(disruption.to - disruption.from)}}));
}

Json note(const Scene& scene, const Day& day, int at, int span) {
    const auto& words = scene.words;
    auto facts = Json::array();
    facts.push_back(day.uptime ? words.say("uptime", {{"percent", words.percent(*day.uptime)}}) : words.text("page", "nothing_counted"));
    if (day.coverage && *day.coverage < 1) facts.push_back(words.say("coverage", {{"percent", words.percent(*day.coverage)}}));
    for (std::size_t i = 0; i < std::min(day.disruptions.size(), kMaxDisruptions); ++i) facts.push_back(told(scene, day, day.disruptions[i]));
    if (day.disruptions.size() > kMaxDisruptions) facts.push_back(words.say("more", {{"n", fmt::format("{}", day.disruptions.size() - kMaxDisruptions)}}));
    if (day.disruptions.empty() && day.worst != Condition::operational) facts.push_back(words.text("condition", name_of(day.worst)));
    const auto* side = at < span / 3 ? "left" : at < span - span / 3 ? "middle" : "right";
    return object({{"place", fmt::format(FMT_COMPILE("t{} o{} {}"), at / 10, at % 10, side)}, {"date", words.day(day.date)}, {"facts", std::move(facts)}});
}

}  // namespace

int span_of(const Snapshot& page) {
    std::size_t longest = 0;
    for (const auto& group : page.groups) {
        for (const auto& component : group.components) longest = std::max(longest, component.days.size());
    }
    return longest <= 30 ? 30 : longest <= 60 ? 60 : 90;
}

Json bars(const Scene& scene, const Component& component, int span) {
    const auto& words = scene.words;
    std::span<const Day> days = component.days;
    days = days.last(std::min(days.size(), static_cast<std::size_t>(span)));
    auto notes = Json::array();
    const int before = span - static_cast<int>(days.size());
    for (std::size_t i = 0; i < days.size(); ++i) {
        if (!is_good(days[i])) notes.push_back(note(scene, days[i], before + static_cast<int>(i), span));
    }
    const auto uptime = component.uptime ? words.say("uptime", {{"percent", words.percent(*component.uptime)}}) : words.text("page", "nothing_counted");
    return object({{"span", span},
                   {"width", span * kBar},
                   {"label", words.say("outages_of", {{"name", component.name}})},
                   {"ago", words.say("ago", {{"days", words.counted("day", span)}})},
                   {"uptime", uptime},
                   {"coverage", component.coverage ? Json(words.say("coverage", {{"percent", words.percent(*component.coverage)}})) : Json()},
                   {"today", words.text("page", "today")},
                   {"has_notes", !notes.empty()},
                   {"runs", runs(days, span)},
                   {"notes", std::move(notes)}});
}

}  // namespace sonde::status_page::html
