// Entries of sites that take turns: the first of each site, then the second of each.
#pragma once

#include <list>
#include <unordered_map>

#include "lib/base/id.h"

namespace sonde::agent {

// Entries travel as lists of one, so that none is copied and nothing is allocated for it again. Every call but `move_heads` is O(1).
template <class Entry>
class Turns {
public:
    using Entries = std::list<Entry>;

    [[nodiscard]] bool empty() const { return flows_.empty(); }

    void put(SiteId site, Entries& one) { put(flow(site).entries, one); }
    // Ahead of the others of its site, and behind those that were put ahead before.
    void put_ahead(SiteId site, Entries& one) { put(flow(site).ahead, one); }

    // Of the site whose turn it is, which is the last to come again. Not when empty.
    Entries take() {
        Entries one;
        auto& first = flows_.front();
        auto& from = first.ahead.empty() ? first.entries : first.ahead;
        one.splice(one.end(), from, from.begin());
        if (first.empty()) {
            by_site_.erase(first.site);
            flows_.pop_front();
        } else {
            flows_.splice(flows_.end(), flows_, flows_.begin());
        }
        return one;
    }

    // From the heads of each site's entries, as long as `goes` holds of them.
    template <class Goes>
    void move_heads(Goes goes, Entries& to) {
        for (auto flow = flows_.begin(); flow != flows_.end();) {
            for (auto* from : {&flow->ahead, &flow->entries}) {
                while (!from->empty() && goes(from->front())) to.splice(to.end(), *from, from->begin());
            }
            if (!flow->empty()) {
                ++flow;
                continue;
            }
            by_site_.erase(flow->site);
            flow = flows_.erase(flow);
        }
    }

private:
    struct Flow {
        SiteId site;
        Entries ahead;
        Entries entries;
        [[nodiscard]] bool empty() const { return ahead.empty() && entries.empty(); }  // never, between calls
    };

    static void put(Entries& entries, Entries& one) { entries.splice(entries.end(), one); }

    Flow& flow(SiteId site) {
        const auto [found, is_new] = by_site_.try_emplace(site);
        if (is_new) found->second = flows_.insert(flows_.end(), Flow{site, {}, {}});
        return *found->second;
    }

    std::list<Flow> flows_;  // in the order of turns
    std::unordered_map<SiteId, typename std::list<Flow>::iterator> by_site_;
};

}  // namespace sonde::agent
