#include "controlplane/status_page/html/news_view.h"

#include <algorithm>
#include <map>
#include <vector>

#include "lib/base/percent.h"

namespace sonde::status_page::html {
namespace {

using Date = std::chrono::year_month_day;

Json affected(const Scene& scene, const std::vector<std::string>& ids) {
    std::vector<std::string> names;
    for (const auto& group : scene.page.groups) {
        for (const auto& component : group.components) {
            if (std::find(ids.begin(), ids.end(), component.id) != ids.end()) names.push_back(component.name);
        }
    }
    if (names.empty()) return {};
    return scene.words.say("affected", {{"components", scene.words.joined(names)}});
}

Json duration_of(const Scene& scene, TimePoint from, const std::optional<TimePoint>& to) {
    const auto& words = scene.words;
    if (!to) return moment(scene, from, words.say("ongoing", {{"from", words.at(scene.zone, from)}}));
    const auto end = day_of(scene.zone, from) == day_of(scene.zone, *to) ? words.time(scene.zone, *to) : words.at(scene.zone, *to);
    return moment(scene, from, words.say("lasted", {{"from", words.at(scene.zone, from)}, {"to", end}, {"duration", words.duration(*to - from)}}));
}

// What a day tells of an incident: the newest update stands for all of them. What goes on is only named: the page has it above, whole.
Json told_of_day(const Scene& scene, const Incident& incident) {
    auto view = incident_view(scene, incident);
    if (!incident.resolved_at) {
        view["affected"] = nullptr;
    } else if (!incident.updates.empty()) {
        view["text"] = incident.updates.front().text;
    }
    return view;
}

Json told_of_day(const Scene& scene, const Maintenance& maintenance) {
    auto view = maintenance_view(scene, maintenance);
    if (maintenance.progress == Progress::in_progress) view["affected"] = view["text"] = nullptr;
    return view;
}

// By the day on which it began, newest first; on a day, too.
std::map<Date, Json, std::greater<>> by_day(const Scene& scene) {
    std::vector<std::pair<TimePoint, Json>> all;
    for (const auto* incidents : {&scene.page.open, &scene.page.past}) {
        for (const auto& incident : *incidents) all.emplace_back(incident.began_at, told_of_day(scene, incident));
    }
    for (const auto& maintenance : scene.page.maintenance) {
        if (maintenance.progress != Progress::scheduled) all.emplace_back(maintenance.starts_at, told_of_day(scene, maintenance));
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& one, const auto& other) { return one.first > other.first; });
    std::map<Date, Json, std::greater<>> days;
    for (auto& [at, view] : all) {
        view["id"] = "past-" + view.at("id").get<std::string>();
        auto& day = days[day_of(scene.zone, at)];
        if (day.is_null()) day = Json::array();
        day.push_back(std::move(view));
    }
    return days;
}

Json quiet_days(const Scene& scene, Date first, Date last) {
    const auto& words = scene.words;
    auto date = words.day(last);
    if (first != last) date = words.range(first.year() == last.year() ? words.short_day(first) : words.day(first), date);
    return object({{"date", date}, {"quiet", words.text("page", "quiet")}, {"happened", Json::array()}});
}

Json eventful_day(const Scene& scene, Date date, Json happened) {
    return object({{"date", scene.words.day(date)}, {"quiet", nullptr}, {"happened", std::move(happened)}});
}

}  // namespace

Json incident_view(const Scene& scene, const Incident& incident) {
    const auto& words = scene.words;
    auto updates = Json::array();
    for (const auto& update : incident.updates) {
        updates.push_back(object({{"phase", words.text("phase", name_of(update.phase))}, {"at", moment(scene, update.at, words.at(scene.zone, update.at))}, {"text", update.text}}));
    }
    return object({{"id", "incident-" + incident.id},
                   {"url", scene.visit.base + "incidents/" + percent_encoded(incident.id)},
                   {"kind", words.text("page", "incident")},
                   {"incident", true},
                   {"title", incident.title},
                   {"mark", "impact-" + std::string(name_of(incident.impact))},
                   {"tag", words.text("impact", name_of(incident.impact))},
                   {"phase", words.text("phase", name_of(incident.phase))},
                   {"when", duration_of(scene, incident.began_at, incident.resolved_at)},
                   {"affected", affected(scene, incident.components)},
                   {"text", nullptr},
                   {"has_updates", !updates.empty()},
                   {"updates", std::move(updates)},
                   {"postmortem", incident.postmortem}});
}

Json maintenance_view(const Scene& scene, const Maintenance& maintenance) {
    const auto& words = scene.words;
    return object({{"id", "maintenance-" + maintenance.id},
                   {"url", scene.visit.base + "maintenance/" + percent_encoded(maintenance.id)},
                   {"kind", words.text("page", "maintenance")},
                   {"incident", false},
                   {"title", maintenance.title},
                   {"mark", "maintenance"},
                   {"tag", words.text("progress", name_of(maintenance.progress))},
                   {"phase", nullptr},
                   {"when", duration_of(scene, maintenance.starts_at, maintenance.ends_at)},
                   {"affected", affected(scene, maintenance.components)},
                   {"text", maintenance.description},
                   {"has_updates", false},
                   {"updates", Json::array()},
                   {"postmortem", nullptr}});
}

Json log_of_days(const Scene& scene, int days) {
    const auto happened = by_day(scene);
    const std::chrono::local_days today{day_of(scene.zone, scene.page.made_at)};
    auto log = Json::array();
    std::optional<Date> quiet_from;
    for (int ago = 0; ago < days; ++ago) {
        const Date date{today - std::chrono::days{ago}};
        const auto found = happened.find(date);
        if (found == happened.end() && !quiet_from) quiet_from = date;
        const bool ends = ago + 1 == days || happened.contains(Date{today - std::chrono::days{ago + 1}});
        if (found != happened.end()) {
            log.push_back(eventful_day(scene, date, found->second));
        } else if (ends) {
            log.push_back(quiet_days(scene, date, *quiet_from));
            quiet_from.reset();
        }
    }
    return log;
}

Json log_of_month(const Scene& scene, std::chrono::year_month month) {
    auto log = Json::array();
    for (auto& [date, views] : by_day(scene)) {
        if (std::chrono::year_month{date.year(), date.month()} == month) log.push_back(eventful_day(scene, date, views));
    }
    return log;
}

}  // namespace sonde::status_page::html
