#include "controlplane/status_page/html/component_view.h"

#include <fmt/format.h>

#include <cmath>

#include "controlplane/status_page/html/bars.h"
#include "controlplane/status_page/html/condition_colour.h"

namespace sonde::status_page::html {
namespace {

// Strokes in a circle of 24 units.
std::string_view stroke_of(Condition condition) {
    switch (condition) {
        case Condition::operational: return "M6.5 12.5l3.8 3.8L17.5 8.5";
        case Condition::maintenance: return "M12 6.5V12l3.5 2.5";
        case Condition::unknown: return "M9.2 9.4a2.8 2.8 0 1 1 4.2 2.5c-.9.5-1.4 1-1.4 2M12 17v.1";
        case Condition::degraded:
        case Condition::partial_outage: return "M12 6.5v6.5M12 17v.1";
        case Condition::major_outage: break;
    }
    return "M8 8l8 8M16 8l-8 8";
}

std::string latency_text(const Scene& scene, const Latency& latency) {
    return scene.words.say("latency", {{"region", latency.region}, {"p50", fmt::format("{:.0f}", std::round(latency.p50_ms))}, {"p95", fmt::format("{:.0f}", std::round(latency.p95_ms))}});
}

Json component_view(const Scene& scene, const Component& component, int span) {
    const auto& words = scene.words;
    auto latencies = Json::array();
    for (const auto& latency : component.latencies) latencies.push_back(latency_text(scene, latency));
    const bool well = component.condition == Condition::operational;
    return object({{"id", "component-" + component.id},
                   {"name", component.name},
                   {"description", component.description},
                   {"mark", mark_of(component.condition)},
                   {"state", words.text("condition", name_of(component.condition))},
                   {"since", well ? Json() : moment(scene, component.since, words.say("since", {{"at", words.at(scene.zone, component.since)}}))},
                   {"latency_label", words.text("page", "latency")},
                   {"has_latencies", !latencies.empty()},
                   {"latencies", std::move(latencies)},
                   {"bars", scene.page.look.shows_uptime ? bars(scene, component, span) : Json()}});
}

// The states that count in one way, of `degraded=up unknown=excluded …`.
std::vector<std::string> states_that(const Scene& scene, std::string_view way) {
    const auto& names = scene.words.document().at("state");
    std::vector<std::string> states;
    std::string_view rest = scene.page.accounting;
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || pair.substr(equals + 1) != way) continue;
        if (const auto name = names.find(std::string(pair.substr(0, equals))); name != names.end()) states.push_back(name->get<std::string>());
    }
    return states;
}

}  // namespace

Json groups_view(const Scene& scene) {
    const int span = span_of(scene.page);
    auto groups = Json::array();
    for (std::size_t i = 0; i < scene.page.groups.size(); ++i) {
        const auto& group = scene.page.groups[i];
        auto components = Json::array();
        for (const auto& component : group.components) components.push_back(component_view(scene, component, span));
        groups.push_back(object({{"id", fmt::format("group-{}", i + 1)},
                                 {"name", group.name},
                                 {"collapsed", group.collapsed},
                                 {"mark", mark_of(group.condition)},
                                 {"state", scene.words.text("condition", name_of(group.condition))},
                                 {"components", std::move(components)}}));
    }
    return groups;
}

Json feeds_view(const Scene& scene) {
    auto groups = Json::array();
    for (std::size_t i = 0; i < scene.page.groups.size(); ++i) {
        const auto& group = scene.page.groups[i];
        auto components = Json::array();
        for (const auto& component : group.components) components.push_back(object({{"id", component.id}, {"name", component.name}}));
        const bool named = !group.name.empty();
        groups.push_back(object({{"id", fmt::format("group-{}", i + 1)},
                                 {"named", named},
                                 {"name", named ? group.name : scene.words.text("page", "components")},
                                 {"components", std::move(components)}}));
    }
    return groups;
}

Json overall_view(const Scene& scene) {
    const auto condition = scene.page.condition;
    return {{"mark", mark_of(condition)}, {"icon", stroke_of(condition)}, {"text", scene.words.text("overall", name_of(condition))}};
}

Json counting_view(const Scene& scene) {
    if (!scene.page.look.shows_uptime) return {};
    const auto& words = scene.words;
    auto up = states_that(scene, "up");
    auto down = states_that(scene, "down");
    up.insert(up.begin(), words.text("state", "up"));
    down.insert(down.begin(), words.text("state", "down"));
    auto kinds = Json::array({{{"name", words.text("page", "counts_up")}, {"states", words.joined(up)}}, {{"name", words.text("page", "counts_down")}, {"states", words.joined(down)}}});
    if (const auto excluded = states_that(scene, "excluded"); !excluded.empty()) kinds.push_back({{"name", words.text("page", "counts_not")}, {"states", words.joined(excluded)}});
    return {{"kinds", std::move(kinds)}};
}

std::string state_icon(Condition condition) {
    std::string stroke;
    for (const char c : stroke_of(condition)) stroke += c == ' ' ? "%20" : std::string(1, c);
    return fmt::format("data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2024%2024'%3E%3Ccircle%20cx='12'%20cy='12'%20r='12'%20fill='%23{}'/%3E"
                       "%3Cpath%20d='{}'%20fill='none'%20stroke='white'%20stroke-width='2.5'%20stroke-linecap='round'/%3E%3C/svg%3E",
                       colour_of(condition).substr(1), stroke);
}

}  // namespace sonde::status_page::html
