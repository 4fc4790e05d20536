#include "controlplane/api/monitor/site_filter.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/narrowing.h"
#include "controlplane/api/monitor/monitor_filter.h"

namespace sonde::controlplane {
namespace {

// Sites of which a monitor may be in this state; it takes one that is for the site to be.
std::string candidates_of(State state, std::string_view monitors) {
    auto sql = fmt::format("s.id in (select site_id from monitor where id in ({}))", monitors);
    // One without monitors is pending, too.
    if (state == State::pending) sql += " or s.id in (select site_id from site_vacated)";
    return fmt::format("({})", sql);
}

}  // namespace

const std::string& worst_state() {
    static const std::string sql = fmt::format(R"(
           (select max(array_position(array['{}'], {})) - 1
            from monitor m left join monitor_state ms on ms.monitor_id = m.id
            where m.site_id = s.id and m.deleted_at is null))",
                                               fmt::join(EnumNames<State>::names, "','"), kShownState);
    return sql;
}

Conditions SiteFilter::conditions(db::Tx& tx) const {
    Conditions all;
    all.add("s.deleted_at is null");
    if (name) all.add("lower(s.name) = lower(?) and s.name = ?", {*name, *name});
    if (tag) all.add("s.tags @> array[?::text]", {*tag});
    if (active) all.add("s.active = ?", {*active});
    if (search) search->add_to(all, "s.search");
    if (tag || search) {
        if (const auto ids = few_matches(tx, "site s", "s.id", all)) {
            all = {};
            all.add("s.id = any(?::bigint[])", {*ids});
        }
    }
    if (!state) return all;
    if (const auto monitors = candidates_for(*state)) all.add(candidates_of(*state, *monitors));
    all.add(fmt::format("coalesce({}, {}) = ?", worst_state(), static_cast<int>(State::pending)), {static_cast<int>(*state)});
    return all;
}

}  // namespace sonde::controlplane
