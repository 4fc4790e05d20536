#include "controlplane/status_page/format/statuspage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "controlplane/status_page/format/parts.h"
#include "lib/json/json.h"

namespace sonde::status_page::format {
namespace {

constexpr std::string_view kPostmortem = "postmortem";  // the state of an incident that has one, and of the update that has its text
constexpr std::size_t kMostIncidents = 50;  // as many as Statuspage tells

std::string_view component_status(Condition condition) {
    switch (condition) {
        case Condition::operational: return "operational";
        case Condition::maintenance: return "under_maintenance";
        case Condition::unknown:
        case Condition::degraded: return "degraded_performance";
        case Condition::partial_outage: return "partial_outage";
        case Condition::major_outage: break;
    }
    return "major_outage";
}

std::string_view indicator(Condition condition) {
    switch (condition) {
        case Condition::operational: return "none";
        case Condition::maintenance: return "maintenance";
        case Condition::unknown:
        case Condition::degraded: return "minor";
        case Condition::partial_outage: return "major";
        case Condition::major_outage: break;
    }
    return "critical";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// One document's worth: what all its parts refer to.
class Teller {
public:
    Teller(const Snapshot& page, std::string_view base) : page_(page), base_(base), words_(html::Language::find(page.look.language)) {
        int position = 0;
        for (std::size_t i = 0; i < page.groups.size(); ++i) {
            const auto& group = page.groups[i];
            const auto group_id = group.name.empty() ? std::string() : fmt::format("group-{}", i + 1);
            if (!group.name.empty()) components_.push_back(of(group, group_id, ++position));
            int within = 0;
            for (const auto& component : group.components) {
                components_.push_back(of(component, group_id, group.name.empty() ? ++position : ++within));
                by_id_[component.id] = components_.back();
            }
        }
    }

    [[nodiscard]] Json page() const {
        return {{"id", page_.slug}, {"name", page_.look.title}, {"url", base_.substr(0, base_.size() - 1)}, {"time_zone", page_.look.time_zone}, {"updated_at", to_rfc3339(page_.made_at)}};
    }
    [[nodiscard]] Json status() const { return {{"indicator", indicator(page_.condition)}, {"description", words_.text("overall", name_of(page_.condition))}}; }
    [[nodiscard]] Json components() const { return components_; }

    [[nodiscard]] Json incidents(bool with_past) const {
        auto all = Json::array();
        for (const auto& incident : page_.open) all.push_back(of(incident));
        if (!with_past) return all;
        for (const auto& incident : shown_past(page_)) {
            if (all.size() < kMostIncidents) all.push_back(of(incident));
        }
        return all;
    }

    [[nodiscard]] Json maintenances(std::initializer_list<Progress> wanted) const {
        auto all = Json::array();
        for (const auto& maintenance : page_.maintenance) {
            if (std::find(wanted.begin(), wanted.end(), maintenance.progress) != wanted.end()) all.push_back(of(maintenance));
        }
        return all;
    }

private:
    [[nodiscard]] Json entry(std::string_view id, const std::string& name, std::string_view status, TimePoint since, TimePoint created, int position) const {
        return {{"id", id}, {"name", name}, {"status", status}, {"created_at", to_rfc3339(created)}, {"updated_at", to_rfc3339(since)}, {"position", position}};
    }

    [[nodiscard]] Json of(const Component& component, const std::string& group_id, int position) const {
        auto created = component.since;
        Json start_date;
        if (!component.days.empty()) {
            const auto first = component.days.front().date;
            created = std::min<TimePoint>(created, std::chrono::sys_days{first});
            start_date = fmt::format("{:04}-{:02}-{:02}", int{first.year()}, unsigned{first.month()}, unsigned{first.day()});
        }
        auto told = entry(component.id, component.name, component_status(component.condition), component.since, created, position);
        told["description"] = text_or_null(component.description);
        told["showcase"] = page_.look.shows_uptime;
        told["start_date"] = std::move(start_date);
        told["group_id"] = text_or_null(group_id);
        told["page_id"] = page_.slug;
        told["group"] = false;
        told["only_show_if_degraded"] = false;
        return told;
    }

    [[nodiscard]] Json of(const Group& group, const std::string& id, int position) const {
        TimePoint since{};
        auto ids = Json::array();
        for (const auto& component : group.components) {
            since = std::max(since, component.since);
            ids.push_back(component.id);
        }
        auto told = entry(id, group.name, component_status(group.condition), since, since, position);
        told["description"] = nullptr;
        told["showcase"] = false;
        told["start_date"] = nullptr;
        told["group_id"] = nullptr;
        told["page_id"] = page_.slug;
        told["group"] = true;
        told["only_show_if_degraded"] = false;
        told["components"] = std::move(ids);
        return told;
    }

    [[nodiscard]] Json affected(const std::vector<std::string>& ids) const {
        auto all = Json::array();
        for (const auto& id : ids) {
            if (const auto found = by_id_.find(id); found != by_id_.end()) all.push_back(found->second);
        }
        return all;
    }

    struct Update {
        std::string number;
        std::string_view status;
        std::string body;
        TimePoint at;
    };

    static Json tell(std::string_view of_id, const Update& told) {
        const auto& [number, status, body, at] = told;
        const auto when = to_rfc3339(at);
        return {{"id", fmt::format("{}-{}", of_id, number)}, {"status", status}, {"body", body}, {"incident_id", of_id}, {"created_at", when}, {"updated_at", when}, {"display_at", when},
                {"affected_components", nullptr}, {"deliver_notifications", false}, {"custom_tweet", nullptr}, {"tweet_id", nullptr}};
    }

    // Who reads updates alone must learn of a beginning and an end that nobody wrote about: they are updates, too. Newest first.
    [[nodiscard]] Json updates_of(const Incident& incident) const {
        std::vector<Update> all;
        if (!incident.postmortem.empty()) all.push_back({std::string(kPostmortem), kPostmortem, incident.postmortem, incident.postmortem_at.value_or(changed_at(incident))});
        const auto said = [&](Phase phase) { return std::any_of(incident.updates.begin(), incident.updates.end(), [phase](const auto& one) { return one.phase == phase; }); };
        const auto unsaid = [&](const char* number, Phase phase, TimePoint at) {
            if (!said(phase)) all.push_back({number, name_of(phase), words_.text("phase", name_of(phase)), at});
        };
        if (incident.resolved_at) unsaid("resolved", Phase::resolved, *incident.resolved_at);
        for (const auto& one : incident.updates) all.push_back({fmt::format("{}", one.number), name_of(one.phase), one.text, one.at});
        unsaid("investigating", Phase::investigating, incident.began_at);
        return in_order(incident.id, std::move(all));
    }

    [[nodiscard]] Json updates_of(const Maintenance& maintenance) const {
        std::vector<Update> all;
        const auto add = [&](const char* number, Progress progress, TimePoint at) { all.push_back({number, name_of(progress), words_.text("progress", name_of(progress)), at}); };
        if (maintenance.progress == Progress::completed) add("completed", Progress::completed, maintenance.ends_at);
        if (maintenance.progress != Progress::scheduled) add("in_progress", Progress::in_progress, maintenance.starts_at);
        add("1", Progress::scheduled, maintenance.announced_at);
        if (!maintenance.description.empty()) all.back().body = maintenance.description;
        return in_order(maintenance.id, std::move(all));
    }

    static Json in_order(std::string_view of_id, std::vector<Update> all) {
        std::stable_sort(all.begin(), all.end(), [](const Update& a, const Update& b) { return a.at > b.at; });
        auto told = Json::array();
        for (const auto& one : all) told.push_back(tell(of_id, one));
        return told;
    }

    [[nodiscard]] Json of(const Incident& incident) const {
        const auto status = incident.postmortem.empty() ? name_of(incident.phase) : kPostmortem;
        Json told{{"id", incident.id}, {"name", incident.title}, {"status", status}, {"created_at", to_rfc3339(incident.began_at)}, {"updated_at", to_rfc3339(changed_at(incident))}};
        told["monitoring_at"] = nullptr;
        for (const auto& one : incident.updates) {
            if (one.phase == Phase::monitoring) told["monitoring_at"] = to_rfc3339(one.at);
        }
        told["resolved_at"] = incident.resolved_at ? Json(to_rfc3339(*incident.resolved_at)) : Json(nullptr);
        told["impact"] = name_of(incident.impact);
        told["shortlink"] = address_of(base_, incident);
        told["started_at"] = to_rfc3339(incident.began_at);
        told["page_id"] = page_.slug;
        told["incident_updates"] = updates_of(incident);
        told["components"] = affected(incident.components);
        return told;
    }

    [[nodiscard]] Json of(const Maintenance& maintenance) const {
        const auto status = name_of(maintenance.progress);
        Json told{{"id", maintenance.id}, {"name", maintenance.title}, {"status", status}, {"created_at", to_rfc3339(maintenance.announced_at)}, {"updated_at", to_rfc3339(changed_at(maintenance))}};
        told["monitoring_at"] = nullptr;
        told["resolved_at"] = maintenance.progress == Progress::completed ? Json(to_rfc3339(maintenance.ends_at)) : Json(nullptr);
        told["impact"] = "maintenance";
        told["shortlink"] = address_of(base_, maintenance);
        told["started_at"] = to_rfc3339(maintenance.starts_at);
        told["page_id"] = page_.slug;
        told["incident_updates"] = updates_of(maintenance);
        told["components"] = affected(maintenance.components);
        told["scheduled_for"] = to_rfc3339(maintenance.starts_at);
        told["scheduled_until"] = to_rfc3339(maintenance.ends_at);
        return told;
    }

    const Snapshot& page_;
    const std::string_view base_;
    const html::Language& words_;
    Json components_ = Json::array();
    std::map<std::string, Json, std::less<>> by_id_;
};

Json summary(const Teller& tell) {
    return {{"page", tell.page()}, {"components", tell.components()}, {"incidents", tell.incidents(false)},
            {"scheduled_maintenances", tell.maintenances({Progress::in_progress, Progress::scheduled})}, {"status", tell.status()}};
}

Json scheduled(const Teller& tell, std::initializer_list<Progress> wanted) { return {{"page", tell.page()}, {"scheduled_maintenances", tell.maintenances(wanted)}}; }

struct Row {
    std::string_view name;
    Json (*make)(const Teller& tell);
};

constexpr std::array<Row, 8> kDocuments{{
    {"summary.json", summary},
    {"status.json", [](const Teller& tell) -> Json { return {{"page", tell.page()}, {"status", tell.status()}}; }},
    {"components.json", [](const Teller& tell) -> Json { return {{"page", tell.page()}, {"components", tell.components()}}; }},
    {"incidents.json", [](const Teller& tell) -> Json { return {{"page", tell.page()}, {"incidents", tell.incidents(true)}}; }},
    {"incidents/unresolved.json", [](const Teller& tell) -> Json { return {{"page", tell.page()}, {"incidents", tell.incidents(false)}}; }},
    {"scheduled-maintenances.json", [](const Teller& tell) { return scheduled(tell, {Progress::in_progress, Progress::scheduled, Progress::completed}); }},
    {"scheduled-maintenances/upcoming.json", [](const Teller& tell) { return scheduled(tell, {Progress::scheduled}); }},
    {"scheduled-maintenances/active.json", [](const Teller& tell) { return scheduled(tell, {Progress::in_progress}); }},
}};

}  // namespace

std::optional<std::string> statuspage(const Snapshot& page, std::string_view base, std::string_view name) {
    const auto row = std::find_if(kDocuments.begin(), kDocuments.end(), [name](const Row& one) { return one.name == name; });
    if (row == kDocuments.end()) return std::nullopt;
    return json::dump(row->make(Teller(page, base)));
}

}  // namespace sonde::status_page::format
