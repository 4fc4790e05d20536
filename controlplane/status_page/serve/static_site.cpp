#include "controlplane/status_page/serve/static_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "controlplane/status_page/serve/document.h"

namespace sonde::status_page::serve {
namespace {

constexpr int kMonths = 5;  // what of them the page knows nothing of is left out

std::vector<std::string> places_of(const Snapshot& page) {
    std::vector<std::string> places{"", "feeds", "widget.html", "widget.js", std::string(kPicture), "index.json", "feed.rss", "feed.atom", "feed.json", "badge/state.svg", "badge/state.json"};
    for (const auto* name : {"summary", "status", "components", "incidents", "incidents/unresolved", "scheduled-maintenances", "scheduled-maintenances/upcoming", "scheduled-maintenances/active"}) {
        places.push_back(fmt::format("api/v2/{}.json", name));
    }
    for (const auto& group : page.groups) {
        for (const auto& component : group.components) {
            for (const auto* kind : {"rss", "atom", "json"}) places.push_back(fmt::format("components/{}/feed.{}", component.id, kind));
            for (const auto* fact : {"state", "uptime", "response-time"}) {
                for (const auto* kind : {"svg", "json"}) places.push_back(fmt::format("badge/{}/{}.{}", component.id, fact, kind));
            }
        }
    }
    for (const auto* incidents : {&page.open, &page.past}) {
        for (const auto& incident : *incidents) places.push_back("incidents/" + incident.id);
    }
    for (const auto& maintenance : page.maintenance) places.push_back("maintenance/" + maintenance.id);
    const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(page.made_at + std::chrono::hours{14})};  // wherever it is latest
    for (int ago = 0; ago < kMonths; ++ago) {
        const auto month = std::chrono::year_month{today.year(), today.month()} - std::chrono::months{ago};
        places.push_back(fmt::format("history/{:04}-{:02}", int{month.year()}, unsigned{month.month()}));
    }
    return places;
}

// Up from the directory that the file is in.
std::string base_of(std::string_view file) {
    std::string base;
    for (auto depth = std::count(file.begin(), file.end(), '/'); depth > 0; --depth) base += "../";
    return base.empty() ? "./" : base;
}

bool is_plain(std::string_view name) { return name.find("..") == std::string_view::npos && name.find('\0') == std::string_view::npos && !name.starts_with('/'); }

}  // namespace

std::map<std::string, std::string> static_site(const Snapshot& page, std::string_view address, TimePoint now, const picture::Font* font) {
    std::map<std::string, std::string> files;
    for (const auto& place : places_of(page)) {
        const auto use = use_of(page, place);
        if (!use || !is_plain(place)) continue;
        const auto file = *use != Use::reading ? place : place.empty() ? "index.html" : place + "/index.html";
        if (auto document = make(page, {place, base_of(file), std::string(address), age_of(page, now), font})) files[file] = std::move(document->body);
    }
    return files;
}

}  // namespace sonde::status_page::serve
