#include "controlplane/status_page/snapshot_json.h"

#include <fmt/format.h>

#include "controlplane/status_page/draft.h"

namespace sonde::status_page {
namespace {

constexpr std::size_t kMostEntries = 1'000;  // incidents, windows, updates of one
constexpr std::size_t kMostDisruptions = 10;
constexpr double kLongestMs = 1e7;
constexpr json::TextRule kName{.min = 1, .max = 2'000};
constexpr json::TextRule kProse{.max = 1 << 20, .multi_line = true};

std::string text_of(std::chrono::year_month_day date) {
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json write(const Day& day) {
    Json disruptions = Json::array();
    for (const auto& one : day.disruptions) disruptions.push_back({{"from", to_rfc3339(one.from)}, {"to", to_rfc3339(one.to)}, {"condition", name_of(one.condition)}});
    return {{"date", text_of(day.date)}, {"uptime", or_null(day.uptime)}, {"coverage", or_null(day.coverage)}, {"worst", name_of(day.worst)}, {"disruptions", std::move(disruptions)}};
}

Json write(const Component& component) {
    Json document{{"id", component.id}, {"name", component.name}, {"description", component.description}, {"condition", name_of(component.condition)},
                  {"since", to_rfc3339(component.since)}, {"uptime", or_null(component.uptime)}, {"coverage", or_null(component.coverage)}};
    auto& latencies = document["latencies"] = Json::array();
    for (const auto& one : component.latencies) latencies.push_back({{"region", one.region}, {"p50_ms", one.p50_ms}, {"p95_ms", one.p95_ms}});
    auto& days = document["days"] = Json::array();
    for (const auto& day : component.days) days.push_back(write(day));
    return document;
}

Json write(const Group& group) {
    Json document{{"name", group.name}, {"collapsed", group.collapsed}, {"condition", name_of(group.condition)}};
    auto& components = document["components"] = Json::array();
    for (const auto& component : group.components) components.push_back(write(component));
    return document;
}

Json write(const Incident& incident) {
    Json document{{"id", incident.id}, {"title", incident.title}, {"impact", name_of(incident.impact)}, {"phase", name_of(incident.phase)}, {"began_at", to_rfc3339(incident.began_at)},
                  {"resolved_at", incident.resolved_at ? Json(to_rfc3339(*incident.resolved_at)) : Json(nullptr)}, {"components", incident.components}};
    auto& updates = document["updates"] = Json::array();
    for (const auto& update : incident.updates) updates.push_back({{"number", update.number}, {"at", to_rfc3339(update.at)}, {"phase", name_of(update.phase)}, {"text", update.text}});
    document["postmortem"] = incident.postmortem;
    document["postmortem_at"] = incident.postmortem_at ? Json(to_rfc3339(*incident.postmortem_at)) : Json(nullptr);
    return document;
}

Json write(const Maintenance& window) {
    return {{"id", window.id}, {"title", window.title}, {"description", window.description}, {"progress", name_of(window.progress)}, {"starts_at", to_rfc3339(window.starts_at)},
            {"ends_at", to_rfc3339(window.ends_at)}, {"components", window.components}, {"announced_at", to_rfc3339(window.announced_at)}};
}

template <class Item>
Json all(const std::vector<Item>& items) {
    Json list = Json::array();
    for (const auto& item : items) list.push_back(write(item));
    return list;
}

void read_time(json::Reader& in, std::string_view field, TimePoint& target) {
    std::string text;
    if (!in.text(field, text, {.min = 20, .max = 40})) return;
    const auto at = from_rfc3339(text);
    if (at) {
        target = *at;
    } else {
        in.refuse(field, "is no instant");
    }
}

void read_number(json::Reader& in, std::string_view field, double& target, double most) {
    const auto* value = in.value(field);
    if (value == nullptr) return;
    const double number = value->is_number() ? value->get<double>() : -1;
    if (number >= 0 && number <= most) {
        target = number;
    } else {
        in.refuse(field, fmt::format("must be a number from 0 to {}", most));
    }
}

void read_share(json::Reader& in, std::string_view field, std::optional<double>& target) {
    const auto* value = in.value(field);
    if (value == nullptr || value->is_null()) return;
    read_number(in, field, target.emplace(), 1);
}

// Each item of a list, by `read(reader)`.
template <class Item, class Read>
void read_list(json::Reader& in, std::string_view field, std::size_t most, std::vector<Item>& target, json::Problems& problems, Read read) {
    const auto* list = in.array(field, most);
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
        json::Reader item((*list)[i], fmt::format("{}/{}", in.pointer(field), i), problems);
        target.push_back(read(item));
        item.finish();
    }
}

Day read_day(json::Reader& in, json::Problems& problems) {
    Day day;
    in.require({"date", "worst", "disruptions"});
    std::string date;
    if (in.text("date", date, {.min = 10, .max = 10})) {
        const auto at = from_rfc3339(date + "T00:00:00Z");
        if (at) {
            day.date = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(*at)};
        } else {
            in.refuse("date", "is no day");
        }
    }
    read_share(in, "uptime", day.uptime);
    read_share(in, "coverage", day.coverage);
    in.name("worst", day.worst);
    read_list(in, "disruptions", kMostDisruptions, day.disruptions, problems, [](json::Reader& item) {
        Disruption one;
        item.require({"from", "to", "condition"});
        read_time(item, "from", one.from);
        read_time(item, "to", one.to);
        item.name("condition", one.condition);
        return one;
    });
    return day;
}

Component read_component(json::Reader& in, json::Problems& problems) {
    Component component;
    in.require({"id", "name", "condition", "since", "latencies", "days"});
    if (in.text("id", component.id, {.min = 1, .max = 40}) && !is_slug(component.id, 40)) in.refuse("id", "is not the identifier of a component");
    in.text("name", component.name, kName);
    in.text("description", component.description, kProse);
    in.name("condition", component.condition);
    read_time(in, "since", component.since);
    read_share(in, "uptime", component.uptime);
    read_share(in, "coverage", component.coverage);
    read_list(in, "latencies", kMostLatencies, component.latencies, problems, [](json::Reader& item) {
        Latency one;
        item.require({"region", "p50_ms", "p95_ms"});
        item.text("region", one.region, kName);
        read_number(item, "p50_ms", one.p50_ms, kLongestMs);
        read_number(item, "p95_ms", one.p95_ms, kLongestMs);
        return one;
    });
    read_list(in, "days", kMostDays, component.days, problems, [&](json::Reader& item) { return read_day(item, problems); });
    return component;
}

Group read_group(json::Reader& in, json::Problems& problems) {
    Group group;
    in.require({"name", "collapsed", "condition", "components"});
    in.text("name", group.name, {.max = 2'000});
    in.boolean("collapsed", group.collapsed);
    in.name("condition", group.condition);
    read_list(in, "components", kMostComponents, group.components, problems, [&](json::Reader& item) { return read_component(item, problems); });
    return group;
}

Incident read_incident(json::Reader& in, json::Problems& problems) {
    Incident incident;
    in.require({"id", "title", "impact", "phase", "began_at", "resolved_at", "components", "updates"});
    IncidentId id;
    if (in.id("id", id)) incident.id = id.text();
    in.text("title", incident.title, {.min = 1, .max = 20'000});
    in.name("impact", incident.impact);
    in.name("phase", incident.phase);
    read_time(in, "began_at", incident.began_at);
    if (const auto* value = in.value("resolved_at"); value != nullptr && !value->is_null()) read_time(in, "resolved_at", incident.resolved_at.emplace());
    in.texts("components", incident.components, kMostComponents, {.min = 1, .max = 40});
    read_list(in, "updates", kMostEntries, incident.updates, problems, [](json::Reader& item) {
        Update update;
        item.require({"number", "at", "phase", "text"});
        item.whole("number", update.number, 0, 1'000'000'000);
        read_time(item, "at", update.at);
        item.name("phase", update.phase);
        item.text("text", update.text, kProse);
        return update;
    });
    in.text("postmortem", incident.postmortem, kProse);
    if (const auto* value = in.value("postmortem_at"); value != nullptr && !value->is_null()) read_time(in, "postmortem_at", incident.postmortem_at.emplace());
    return incident;
}

Maintenance read_maintenance(json::Reader& in) {
    Maintenance window;
    in.require({"id", "title", "progress", "starts_at", "ends_at", "components", "announced_at"});
    in.text("id", window.id, {.min = 1, .max = 80});
    in.text("title", window.title, kName);
    in.text("description", window.description, kProse);
    in.name("progress", window.progress);
    read_time(in, "starts_at", window.starts_at);
    read_time(in, "ends_at", window.ends_at);
    in.texts("components", window.components, kMostComponents, {.min = 1, .max = 40});
    read_time(in, "announced_at", window.announced_at);
    return window;
}

}  // namespace

Json write_snapshot(const Snapshot& page) {
    Json document;
    document["slug"] = page.slug;
    put_look(document["look"], page.look);
    document["made_at"] = to_rfc3339(page.made_at);
    document["condition"] = name_of(page.condition);
    document["groups"] = all(page.groups);
    document["open"] = all(page.open);
    document["past"] = all(page.past);
    document["maintenance"] = all(page.maintenance);
    document["accounting"] = page.accounting;
    document["subscribable"] = page.subscribable;
    return document;
}

Snapshot read_snapshot(const Json& document, const std::string& pointer, json::Problems& problems) {
    Snapshot page;
    json::Reader in(document, pointer, problems);
    in.require({"slug", "look", "made_at", "condition", "groups", "open", "past", "maintenance", "accounting"});
    if (in.text("slug", page.slug, {.min = 1, .max = 60}) && !is_slug(page.slug, 60)) in.refuse("slug", "is not the name of a page");
    if (const auto* look = in.object("look")) {
        json::Reader of_look(*look, in.pointer("look"), problems);
        read_look(of_look, page.look);
        of_look.finish();
    }
    read_time(in, "made_at", page.made_at);
    in.name("condition", page.condition);
    read_list(in, "groups", kMostGroups, page.groups, problems, [&](json::Reader& item) { return read_group(item, problems); });
    read_list(in, "open", kMostEntries, page.open, problems, [&](json::Reader& item) { return read_incident(item, problems); });
    read_list(in, "past", kMostEntries, page.past, problems, [&](json::Reader& item) { return read_incident(item, problems); });
    read_list(in, "maintenance", kMostEntries, page.maintenance, problems, [](json::Reader& item) { return read_maintenance(item); });
    in.text("accounting", page.accounting, {.max = 500});
    in.boolean("subscribable", page.subscribable);
    in.finish();
    return page;
}

}  // namespace sonde::status_page
