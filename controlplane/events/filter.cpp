#include "controlplane/events/filter.h"

#include <algorithm>

namespace sonde::events {
namespace {

template <class Value>
bool holds(const std::vector<Value>& all, const std::optional<Value>& wanted) {
    return !wanted || std::find(all.begin(), all.end(), *wanted) != all.end();
}

template <class Value>
bool same(const std::optional<Value>& has, const std::optional<Value>& wanted) {
    return !wanted || has == wanted;
}

}  // namespace

bool covers(std::string_view pattern, std::string_view kind) {
    if (pattern.ends_with(".*")) return kind.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == kind;
}

bool Filter::matches(const Event& event) const {
    if (restriction && !(event.site && restriction->covers(*event.site, event.site_tags))) return false;
    const auto wanted = kinds.empty() || std::any_of(kinds.begin(), kinds.end(), [&](const auto& pattern) { return covers(pattern, event.kind); });
    return wanted && same(event.site, site) && holds(event.monitors, monitor) && same(event.incident, incident) && holds(event.tags, tag) &&
           holds(event.regions, region);
}

}  // namespace sonde::events
