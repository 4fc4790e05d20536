#include "incident-engine/event.h"

#include "lib/json/json.h"

namespace sonde::engine {
namespace {

Json time_or_null(const std::optional<TimePoint>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

Json incident_json(const decision::Incident& incident, const EventParts& parts) {
    Json document;
    document["id"] = incident.id.text();
    document["seq"] = parts.seq.value_or(incident.seq);
    document["scope"] = name_of(incident.scope);
    document["state"] = name_of(incident.state);
    document["severity"] = name_of(incident.severity);
    document["worst_severity"] = name_of(incident.worst_severity);
    document["title"] = incident.title;
    document["opened_by"] = incident.opened_by;
    document["assigned_to"] = incident.assigned_to.empty() ? Json(nullptr) : Json(incident.assigned_to);
    document["failing_since"] = to_rfc3339(incident.failing_since);
    document["opened_at"] = to_rfc3339(incident.opened_at);
    document["acknowledged_at"] = time_or_null(incident.acknowledged_at);
    document["resolved_at"] = time_or_null(incident.resolved_at);
    document["monitors"] = Json::array();
    Json groups = Json::array();
    for (const auto& member : incident.members) {
        if (member.is_group) {
            groups.push_back({{"id", GroupId{member.monitor.value()}.text()}, {"name", member.name}, {"left_at", time_or_null(member.left_at)}});
            continue;
        }
        document["monitors"].push_back({{"id", member.monitor.text()}, {"name", member.name}, {"cause", name_of(member.cause)},
                                        {"left_at", time_or_null(member.left_at)}});
    }
    if (!groups.empty()) document["groups"] = std::move(groups);
    if (incident.affected_monitors > 0) document["affected"] = {{"monitors", incident.affected_monitors}, {"sites", incident.affected_sites}};
    if (!parts.comment.empty()) document["comment"] = parts.comment;
    if (parts.details != nullptr) document[std::string(parts.details_name)] = *parts.details;
    return document;
}

Json monitor_json(const EventParts& parts) {
    Json document;
    document["id"] = parts.monitor->monitor.text();
    document["name"] = parts.monitor->name;
    if (parts.from) document["from"] = name_of(*parts.from);
    if (parts.to) document["to"] = name_of(*parts.to);
    return document;
}

Json advisory_json(const EventParts& parts) {
    Json document;
    document["id"] = parts.advisory->id.text();
    document["regions"] = parts.advisory_regions;
    document["cause"] = name_of(parts.advisory->cause);
    document["opened_at"] = to_rfc3339(parts.advisory->opened_at);
    document["closed_at"] = parts.advisory_closed ? Json(to_rfc3339(parts.at)) : Json(nullptr);
    if (parts.advisory->flapping_since) document["flapping_since"] = to_rfc3339(*parts.advisory->flapping_since);
    return document;
}

// Those that see a failure, by votes that count: for routes to go by.
Json regions_of(const EventParts& parts) {
    if (!parts.region.empty()) return Json::array({parts.region});
    if (parts.advisory != nullptr) return parts.advisory_regions;
    Json regions = Json::array();
    if (parts.evidence == nullptr) return regions;
    for (const auto& vote : (*parts.evidence)["votes"]) {
        const bool fails = vote["verdict"] == "down" || vote["verdict"] == "degraded";
        if (fails && vote["fresh"] == true && !vote.contains("standing")) regions.push_back(vote["region"]);
    }
    return regions;
}

}  // namespace

Event make_event(EventId id, const EventParts& parts) {
    Json document;
    document["v"] = 1;
    document["id"] = id.text();
    document["kind"] = parts.kind;
    document["at"] = to_rfc3339(parts.at);
    document["actor"] = parts.actor;
    if (!parts.reason.empty()) document["reason"] = parts.reason;
    if (parts.site) document["site"] = {{"id", parts.site->text()}, {"name", parts.site_name}};
    if (parts.incident != nullptr) document["incident"] = incident_json(*parts.incident, parts);
    if (parts.monitor != nullptr) document["monitor"] = monitor_json(parts);
    const auto* tags = parts.tags != nullptr ? parts.tags : parts.monitor != nullptr ? &parts.monitor->tags : nullptr;
    if (tags != nullptr) document["tags"] = *tags;
    if (auto regions = regions_of(parts); !regions.empty()) document["regions"] = std::move(regions);
    if (parts.judgement != nullptr) document["region"] = *parts.judgement;
    if (parts.advisory != nullptr) document["advisory"] = advisory_json(parts);
    if (parts.incident == nullptr && !parts.comment.empty()) document["comment"] = parts.comment;
    if (!parts.region.empty()) {
        document["coverage"] = {{"region", parts.region}};
        if (parts.region_since) document["coverage"]["since"] = to_rfc3339(*parts.region_since);
    }
    if (parts.extra != nullptr) document[std::string(parts.extra_name)] = *parts.extra;
    if (parts.evidence != nullptr) {
        document["votes"] = (*parts.evidence)["votes"];
        document["rule"] = (*parts.evidence)["rule"];
    }
    Event event{id, parts.at, std::string(parts.kind), parts.site, std::nullopt, std::nullopt, json::dump(document)};
    if (parts.advisory != nullptr) event.advisory = parts.advisory->id;
    if (parts.incident != nullptr) {
        event.incident = parts.incident->id;
        event.seq = parts.seq.value_or(parts.incident->seq);
    }
    return event;
}

}  // namespace sonde::engine
