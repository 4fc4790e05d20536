#include "controlplane/status_page/format/index.h"

#include <fmt/format.h>

#include "controlplane/status_page/format/parts.h"
#include "lib/json/json.h"

namespace sonde::status_page::format {
namespace {

Json share(const std::optional<double>& value) { return value ? Json(shown_share(*value)) : Json(nullptr); }

Json instant(const std::optional<TimePoint>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

Json of_day(const Day& day) {
    auto disruptions = Json::array();
    for (const auto& one : day.disruptions) disruptions.push_back({{"from", to_rfc3339(one.from)}, {"to", to_rfc3339(one.to)}, {"condition", name_of(one.condition)}});
    return {{"date", fmt::format("{:04}-{:02}-{:02}", int{day.date.year()}, unsigned{day.date.month()}, unsigned{day.date.day()})},
            {"uptime", share(day.uptime)}, {"coverage", share(day.coverage)}, {"worst", name_of(day.worst)}, {"disruptions", std::move(disruptions)}};
}

Json of_component(const Component& component, bool shows_uptime) {
    Json told{{"id", component.id}, {"name", component.name}, {"description", component.description}, {"condition", name_of(component.condition)}, {"since", to_rfc3339(component.since)}};
    if (shows_uptime) {
        told["uptime"] = share(component.uptime);
        told["coverage"] = share(component.coverage);
        auto& days = told["days"] = Json::array();
        for (const auto& day : component.days) days.push_back(of_day(day));
    }
    auto& latencies = told["latencies"] = Json::array();
    for (const auto& one : component.latencies) latencies.push_back({{"region", one.region}, {"p50_ms", one.p50_ms}, {"p95_ms", one.p95_ms}});
    return told;
}

Json of_incident(std::string_view base, const Incident& incident) {
    auto updates = Json::array();
    for (const auto& one : incident.updates) updates.push_back({{"number", one.number}, {"at", to_rfc3339(one.at)}, {"phase", name_of(one.phase)}, {"text", one.text}});
    return {{"id", incident.id}, {"url", address_of(base, incident)}, {"title", incident.title}, {"impact", name_of(incident.impact)}, {"phase", name_of(incident.phase)},
            {"began_at", to_rfc3339(incident.began_at)}, {"resolved_at", instant(incident.resolved_at)}, {"components", incident.components}, {"updates", std::move(updates)},
            {"postmortem", incident.postmortem.empty() ? Json(nullptr) : Json(incident.postmortem)},
            {"postmortem_at", instant(incident.postmortem_at)}};
}

Json of_maintenance(std::string_view base, const Maintenance& maintenance) {
    return {{"id", maintenance.id}, {"url", address_of(base, maintenance)}, {"title", maintenance.title}, {"description", maintenance.description}, {"progress", name_of(maintenance.progress)},
            {"announced_at", to_rfc3339(maintenance.announced_at)}, {"starts_at", to_rfc3339(maintenance.starts_at)}, {"ends_at", to_rfc3339(maintenance.ends_at)},
            {"components", maintenance.components}};
}

Json of_incidents(std::string_view base, const std::vector<Incident>& incidents) {
    auto all = Json::array();
    for (const auto& incident : incidents) all.push_back(of_incident(base, incident));
    return all;
}

// `degraded=up unknown=excluded` as members.
Json of_accounting(std::string_view rest) {
    auto told = Json::object();
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos) told[std::string(pair.substr(0, equals))] = std::string(pair.substr(equals + 1));
    }
    return told;
}

}  // namespace

std::string index_json(const Snapshot& page, std::string_view base) {
    const auto& look = page.look;
    Json told{{"page", {{"slug", page.slug}, {"url", base}, {"title", look.title}, {"description", look.description}, {"language", look.language}, {"time_zone", look.time_zone}}},
              {"made_at", to_rfc3339(page.made_at)},
              {"condition", name_of(page.condition)}};
    auto& groups = told["groups"] = Json::array();
    for (const auto& group : page.groups) {
        auto components = Json::array();
        for (const auto& component : group.components) components.push_back(of_component(component, look.shows_uptime));
        groups.push_back({{"name", group.name}, {"condition", name_of(group.condition)}, {"components", std::move(components)}});
    }
    told["open"] = of_incidents(base, page.open);
    if (look.shows_history) told["past"] = of_incidents(base, page.past);
    auto& maintenance = told["maintenance"] = Json::array();
    for (const auto& one : page.maintenance) {
        if (look.shows_history || one.progress != Progress::completed) maintenance.push_back(of_maintenance(base, one));
    }
    if (look.shows_uptime) told["accounting"] = of_accounting(page.accounting);
    return json::dump(told);
}

}  // namespace sonde::status_page::format
