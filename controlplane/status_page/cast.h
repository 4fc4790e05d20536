// Who is on a page: its components with their monitors, and the way back.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "controlplane/api/history/history_store.h"
#include "controlplane/status_page/draft.h"
#include "lib/db/db.h"

namespace sonde::status_page {

// A monitor that was there at any time of the page's days.
struct Player {
    controlplane::history_store::Member member;  // without name and kind, which are internal
    SiteId site;
    std::vector<std::string> tags;      // its own and its site's
    std::vector<std::size_t> components;  // that it is a part of, by their place on the page
};

struct Cast {
    std::vector<std::string> ids;                      // of components, by their place
    std::vector<std::string> names;
    std::vector<Player> players;
    std::unordered_map<MonitorId, std::size_t> places;  // of players
    [[nodiscard]] std::vector<std::vector<std::size_t>> by_component() const;  // players of each
    // The components whose players `is_meant`, in the page's order.
    template <class IsMeant>
    [[nodiscard]] std::vector<std::size_t> components_of(IsMeant is_meant) const {
        std::vector<bool> meant(ids.size());
        for (const auto& player : players) {
            if (player.components.empty() || !is_meant(player)) continue;
            for (const auto component : player.components) meant[component] = true;
        }
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < meant.size(); ++i) {
            if (meant[i]) all.push_back(i);
        }
        return all;
    }
    [[nodiscard]] std::vector<std::string> ids_of(const std::vector<std::size_t>& components) const;
    // `API, Search`: what an incident is called in public, in any language.
    [[nodiscard]] std::string title_of(const std::vector<std::size_t>& components) const;
};

// Those that were there within [from, to). Throws db::DbError.
Cast read_cast(db::Tx& tx, const PageDraft& draft, TimePoint from, TimePoint to);

}  // namespace sonde::status_page
