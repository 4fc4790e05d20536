#include "controlplane/status_page/format/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/base/percent.h"

namespace sonde::status_page::format {
namespace {

calendar::Zone zone_of(const Snapshot& page) {
    const auto zone = calendar::Zone::find(page.look.time_zone);
    return zone ? *zone : calendar::Zone::utc();
}

}  // namespace

std::string address_of(std::string_view base, const Incident& incident) { return fmt::format("{}incidents/{}", base, percent_encoded(incident.id)); }

std::string address_of(std::string_view base, const Maintenance& maintenance) { return fmt::format("{}maintenance/{}", base, percent_encoded(maintenance.id)); }

std::string lasting_id(const Incident& incident) { return "urn:sonde:incident:" + percent_encoded(incident.id); }

std::string lasting_id(const Maintenance& maintenance) { return "urn:sonde:maintenance:" + percent_encoded(maintenance.id); }

std::string lasting_id(const Snapshot& page) { return "urn:sonde:status-page:" + percent_encoded(page.slug); }

TimePoint changed_at(const Incident& incident) {
    auto at = std::max(incident.began_at, incident.resolved_at.value_or(incident.began_at));
    for (const auto& update : incident.updates) at = std::max(at, update.at);
    return std::max(at, incident.postmortem_at.value_or(at));
}

TimePoint changed_at(const Maintenance& maintenance) {
    switch (maintenance.progress) {
        case Progress::scheduled: return maintenance.announced_at;
        case Progress::in_progress: return std::max(maintenance.announced_at, maintenance.starts_at);
        case Progress::completed: break;
    }
    return std::max(maintenance.announced_at, maintenance.ends_at);
}

const Component* find_component(const Snapshot& page, std::string_view id) {
    for (const auto& group : page.groups) {
        for (const auto& component : group.components) {
            if (component.id == id) return &component;
        }
    }
    return nullptr;
}

const std::vector<Incident>& shown_past(const Snapshot& page) {
    static const std::vector<Incident> kNone;
    return page.look.shows_history ? page.past : kNone;
}

double shown_share(double share) { return std::floor(share * 100'000 + 1e-6) / 100'000; }

Voice::Voice(const Snapshot& page) : words(html::Language::find(page.look.language)), zone(zone_of(page)) {
    for (const auto& group : page.groups) {
        for (const auto& component : group.components) names.emplace(component.id, component.name);
    }
}

std::string Voice::affected(const std::vector<std::string>& components) const {
    std::vector<std::string> found;
    for (const auto& id : components) {
        if (const auto name = names.find(id); name != names.end()) found.push_back(name->second);
    }
    return found.empty() ? "" : words.say("affected", {{"components", words.joined(found)}});
}

std::string Voice::span(TimePoint from, const std::optional<TimePoint>& to) const {
    if (!to) return words.say("ongoing", {{"from", words.at(zone, from)}});
    const auto end = html::day_of(zone, from) == html::day_of(zone, *to) ? words.time(zone, *to) : words.at(zone, *to);
    return words.say("lasted", {{"from", words.at(zone, from)}, {"to", end}, {"duration", words.duration(*to - from)}});
}

}  // namespace sonde::status_page::format
