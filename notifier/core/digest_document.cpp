#include "notifier/core/digest_document.h"

#include <algorithm>
#include <array>

namespace sonde::notifier {
namespace {

constexpr std::array<std::string_view, 3> kSeverities{"critical", "major", "minor"};

std::size_t rank(const DigestIncident& incident) {
    if (incident.resolved) return kSeverities.size() + 1;
    return static_cast<std::size_t>(std::find(kSeverities.begin(), kSeverities.end(), incident.severity) - kSeverities.begin());
}

Json shown(const DigestIncident& incident) {
    Json item{{"id", incident.id.text()}, {"title", incident.title}, {"state", incident.resolved ? "resolved" : "open"}, {"severity", incident.severity}};
    if (!incident.site.is_null()) item["site"] = incident.site;
    if (!incident.opened_at.is_null()) item["opened_at"] = incident.opened_at;
    if (!incident.resolved_at.is_null()) item["resolved_at"] = incident.resolved_at;
    return item;
}

}  // namespace

std::string worst_severity(const DigestContent& content) {
    for (const auto severity : kSeverities) {
        for (const auto& one : content.incidents) {
            if (!one.resolved && one.severity == severity) return std::string(severity);
        }
    }
    return {};
}

bool all_over(const DigestContent& content) {
    return std::all_of(content.incidents.begin(), content.incidents.end(), [](const auto& one) { return one.resolved; });
}

bool never_mind(const DigestContent& content) {
    return content.others.empty() && std::all_of(content.incidents.begin(), content.incidents.end(), [](const auto& one) { return one.resolved && one.opened_here; });
}

Json digest_part(const DigestContent& content) {
    std::vector<const DigestIncident*> order;
    for (const auto& one : content.incidents) order.push_back(&one);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return std::pair(rank(*a), b->id) < std::pair(rank(*b), a->id); });

    const auto open = [&](std::string_view severity) {
        return std::count_if(order.begin(), order.end(), [&](const auto* one) { return !one->resolved && (severity.empty() || one->severity == severity); });
    };
    Json part;
    part["id"] = content.id.text();
    part["cause"] = name_of(content.cause);
    part["since"] = to_rfc3339(content.began);
    part["severity"] = worst_severity(content);
    part["counts"] = {{"incidents", order.size()}, {"open", open("")}, {"resolved", static_cast<std::ptrdiff_t>(order.size()) - open("")}};
    for (const auto severity : kSeverities) part["counts"][std::string(severity)] = open(severity);
    part["incidents"] = Json::array();
    for (const auto* one : order) part["incidents"].push_back(shown(*one));
    part["others"] = Json::array();
    for (const auto& other : content.others) part["others"].push_back({{"event_id", other.event.text()}, {"kind", other.kind}, {"title", other.title}});
    return part;
}

Json digest_event(EventId id, TimePoint at, const DigestContent& content) {
    Json event;
    event["v"] = 1;
    event["id"] = id.text();
    event["kind"] = "channel.digest";
    event["at"] = to_rfc3339(at);
    event["actor"] = "notifier";
    event["reason"] = name_of(content.cause);
    event["channel"] = {{"id", content.channel.text()}, {"name", content.channel_name}};
    event["digest"] = digest_part(content);
    return event;
}

}  // namespace sonde::notifier
