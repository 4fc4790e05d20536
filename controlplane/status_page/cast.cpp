#include "controlplane/status_page/cast.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::status_page {
namespace {

constexpr std::size_t kMostInTitle = 4;

constexpr db::Statement kPlayers{"status_page_players", R"sql(
select m.id, m.site_id, m.created_at, coalesce(m.deleted_at, s.deleted_at), m.tags || s.tags
from monitor m join site s on s.id = m.site_id
where (m.id = any($1::bigint[]) or m.site_id = any($2::bigint[])) and m.created_at < $4 and (m.deleted_at is null or m.deleted_at > $3)
order by m.id)sql"};

}  // namespace

std::vector<std::vector<std::size_t>> Cast::by_component() const {
    std::vector<std::vector<std::size_t>> all(ids.size());
    for (std::size_t i = 0; i < players.size(); ++i) {
        for (const auto component : players[i].components) all[component].push_back(i);
    }
    return all;
}

std::vector<std::string> Cast::ids_of(const std::vector<std::size_t>& components) const {
    std::vector<std::string> all;
    for (const auto component : components) all.push_back(ids[component]);
    return all;
}

std::string Cast::title_of(const std::vector<std::size_t>& components) const {
    std::string title;
    for (std::size_t i = 0; i < components.size(); ++i) {
        if (i == kMostInTitle) return title + fmt::format(" + {}", components.size() - i);
        if (i > 0) title += ", ";
        title += names[components[i]];
    }
    return title;
}

Cast read_cast(db::Tx& tx, const PageDraft& draft, TimePoint from, TimePoint to) {
    Cast cast;
    std::unordered_map<MonitorId, std::vector<std::size_t>> by_monitor;
    std::unordered_map<SiteId, std::vector<std::size_t>> by_site;
    for (const auto& group : draft.groups) {
        for (const auto& component : group.components) {
            for (const auto monitor : component.monitors) by_monitor[monitor].push_back(cast.ids.size());
            for (const auto site : component.sites) by_site[site].push_back(cast.ids.size());
            cast.ids.push_back(component.id);
            cast.names.push_back(component.name);
        }
    }
    for (const auto row : tx.run(kPlayers, {draft.monitors(), draft.sites(), from, to})) {
        Player player;
        player.member.id = row.id<MonitorId>(0);
        player.site = row.id<SiteId>(1);
        player.member.created_at = row.time(2);
        player.member.deleted_at = row.maybe(3, &db::Row::time);
        player.tags = row.texts(4);
        if (const auto found = by_monitor.find(player.member.id); found != by_monitor.end()) player.components = found->second;
        if (const auto found = by_site.find(player.site); found != by_site.end()) {
            for (const auto component : found->second) {
                if (std::find(player.components.begin(), player.components.end(), component) == player.components.end()) player.components.push_back(component);
            }
        }
        cast.places[player.member.id] = cast.players.size();
        cast.players.push_back(std::move(player));
    }
    return cast;
}

}  // namespace sonde::status_page
