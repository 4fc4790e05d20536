#include "incident-engine/relations.h"

namespace sonde::engine {

void OpenWindows::look(std::vector<HeldWindow>& all, TimePoint now) {
    *this = {};
    looked_at_ = now;
    const auto put = [](auto& map, const auto& key, const Open& open) {
        const auto [there, fresh] = map.try_emplace(key, open);
        if (!fresh && (open.end > there->second.end || (open.end == there->second.end && open.id < there->second.id))) there->second = open;
    };
    for (auto& window : all) {
        if (now < window.looked_at || (window.next_edge && now >= *window.next_edge)) {
            window.looked_at = now;
            window.current = window.plan.at(now, window.ends);
            window.next_edge = window.plan.next_edge(now, window.ends);
        }
        if (window.next_edge && (!next_edge_ || *window.next_edge < *next_edge_)) next_edge_ = window.next_edge;
        if (!window.current) continue;
        const Open open{window.current->end, window.id};
        for (const auto site : window.targets.sites) put(sites_, site, open);
        for (const auto monitor : window.targets.monitors) put(monitors_, monitor, open);
        for (const auto& tag : window.targets.tags) put(tags_, tag, open);
    }
}

template <class Map, class Key>
void OpenWindows::offer(std::optional<Open>& best, const Map& map, const Key& key) {
    const auto found = map.find(key);
    if (found == map.end()) return;
    if (!best || found->second.end > best->end || (found->second.end == best->end && found->second.id < best->id)) best = found->second;
}

std::optional<WindowId> OpenWindows::over(MonitorId monitor, SiteId site, const std::vector<std::string>& tags) const {
    if (none()) return std::nullopt;
    std::optional<Open> best;
    offer(best, monitors_, monitor);
    offer(best, sites_, site);
    if (!tags_.empty()) {
        for (const auto& tag : tags) offer(best, tags_, tag);
    }
    return best ? std::optional(best->id) : std::nullopt;
}

std::optional<WindowId> OpenWindows::over(SiteId site) const {
    const auto found = sites_.find(site);
    return found != sites_.end() ? std::optional(found->second.id) : std::nullopt;
}

}  // namespace sonde::engine
