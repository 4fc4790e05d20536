#include "notifier/core/route.h"

#include <algorithm>

#include "notifier/core/event.h"

namespace sonde::notifier {
namespace {

template <class Value>
bool has(const std::vector<Value>& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool share(const std::vector<std::string>& wanted, const std::vector<std::string>& there) {
    return wanted.empty() || std::any_of(there.begin(), there.end(), [&](const std::string& one) { return has(wanted, one); });
}

bool asks_for(const Match& match, const News& news) {
    return match.events.empty() || has(match.events, news.kind) || (may_open(news) && has(match.events, std::string(kOpening)));
}

}  // namespace

bool may_open(const News& news) {
    if (!news.of_incident) return false;
    const auto kind = event_kind(news.kind);
    return kind == EventKind::incident_opened || kind == EventKind::incident_reopened || kind == EventKind::incident_severity_changed ||
           kind == EventKind::incident_updated;
}

bool meets(const News& news, const Match& match) {
    return asks_for(match, news) && (match.severities.empty() || has(match.severities, news.severity)) &&
           (match.sites.empty() || (news.site && has(match.sites, *news.site))) && share(match.tags, news.tags) && share(match.regions, news.regions);
}

std::vector<const Route*> deciding(const News& news, const std::vector<Route>& routes) {
    std::vector<const Route*> met;
    for (const auto& route : routes) {
        if (!meets(news, route.match)) continue;
        met.push_back(&route);
        if (!route.proceed) break;
    }
    return met;
}

}  // namespace sonde::notifier
