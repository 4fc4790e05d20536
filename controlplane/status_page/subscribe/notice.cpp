#include "controlplane/status_page/subscribe/notice.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace sonde::status_page::subscribe {
namespace {

class Maker {
public:
    Maker(const Snapshot& page, const std::set<std::string>& moved) : page_(page), moved_(moved) {
        for (const auto& group : page.groups) {
            for (const auto& component : group.components) names_[component.id] = component.name;
        }
    }

    void incident(const Incident& incident) {
        add(incident, "opened", "incident.opened", incident.began_at, {});
        for (auto update = incident.updates.rbegin(); update != incident.updates.rend(); ++update) {
            add(incident, fmt::format("update/{}", update->number), "incident.updated", update->at, {{"phase", name_of(update->phase)}, {"text", update->text}});
        }
        if (incident.resolved_at) add(incident, "resolved", "incident.resolved", *incident.resolved_at, {{"phase", "resolved"}});
        if (!incident.postmortem.empty()) add(incident, "postmortem", "incident.postmortem", page_.made_at, {{"text", incident.postmortem}});
    }

    void maintenance(const Maintenance& window) {
        const auto add_step = [&](std::string_view step, TimePoint at) {
            if (!is_news(at)) return;
            all_.push_back({window.id, std::string(step), at, window.components,
                            {{"type", fmt::format("maintenance.{}", step)}, {"id", window.id}, {"title", window.title}, {"text", window.description}, {"at", to_rfc3339(at)},
                             {"starts_at", to_rfc3339(window.starts_at)}, {"ends_at", to_rfc3339(window.ends_at)}, {"components", named(window.components)},
                             {"place", "maintenance/" + window.id}}});
        };
        if (window.progress == Progress::scheduled) return add_step("scheduled", moved_.contains(window_of(window.id)) ? page_.made_at : window.announced_at);
        add_step("started", window.starts_at);
        if (window.progress == Progress::completed) add_step("ended", window.ends_at);
    }

    [[nodiscard]] std::vector<Notice> take() { return std::move(all_); }

private:
    [[nodiscard]] bool is_news(TimePoint at) const { return at > page_.made_at - kNewsFor; }

    void add(const Incident& incident, std::string step, std::string_view type, TimePoint at, const Json& more) {
        if (!is_news(at)) return;
        Json document{{"type", type}, {"id", incident.id}, {"title", incident.title}, {"impact", name_of(incident.impact)}, {"at", to_rfc3339(at)}, {"began_at", to_rfc3339(incident.began_at)},
                      {"resolved_at", incident.resolved_at ? Json(to_rfc3339(*incident.resolved_at)) : Json(nullptr)}, {"components", named(incident.components)},
                      {"place", "incidents/" + incident.id}};
        if (more.is_object()) document.update(more);
        all_.push_back({incident.id, std::move(step), at, incident.components, std::move(document)});
    }

    [[nodiscard]] Json named(const std::vector<std::string>& ids) const {
        Json all = Json::array();
        for (const auto& id : ids) {
            if (const auto found = names_.find(id); found != names_.end()) all.push_back({{"id", id}, {"name", found->second}});
        }
        return all;
    }

    const Snapshot& page_;
    const std::set<std::string>& moved_;
    std::unordered_map<std::string, std::string> names_;
    std::vector<Notice> all_;
};

}  // namespace

std::vector<Notice> notices_of(const Snapshot& page, const std::set<std::string>& moved) {
    Maker maker(page, moved);
    for (const auto& incident : page.open) maker.incident(incident);
    for (const auto& incident : page.past) maker.incident(incident);
    for (const auto& window : page.maintenance) maker.maintenance(window);
    return maker.take();
}

std::string window_of(const std::string& thread) { return thread.substr(0, thread.rfind('-')); }

Notice withdrawal_of(const Announced& announced, TimePoint now) {
    Notice notice{announced.thread, announced.begun ? "ended" : "cancelled", now, {}, announced.document};
    for (const auto& component : notice.document.at("components")) notice.components.push_back(component.at("id").get<std::string>());
    notice.document["type"] = "maintenance." + notice.step;
    notice.document["at"] = to_rfc3339(now);
    if (announced.begun) notice.document["ends_at"] = to_rfc3339(now);
    notice.document["place"] = "";  // the page has nothing of it any more
    return notice;
}

}  // namespace sonde::status_page::subscribe
