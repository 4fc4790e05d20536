// Which monitors a list is to have, and in which order.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorting.h"
#include "controlplane/api/endpoint/state.h"
#include "lib/base/id.h"
#include "lib/check/kind.h"

namespace sonde::controlplane {

struct MonitorFilter {
    std::optional<SiteId> site_id{};
    std::optional<State> state{};
    std::optional<check::Kind> kind{};
    std::optional<std::string> tag{};
    std::optional<std::string> name{};    // exactly
    std::optional<std::string> region{};  // it is checked from there
    std::optional<bool> paused{};
    std::optional<SearchTerms> search{};

    // Over `m` (monitor), `s` (site) and `ms` (monitor_state). Looks first whether there are few of them, where nobody can know.
    [[nodiscard]] Conditions conditions(db::Tx& tx) const;
};

inline constexpr std::array<SortKey, 4> kMonitorOrder{{
    {"id", "m.id", SortKey::Type::whole},
    {"name", "lower(m.name)", SortKey::Type::text},
    {"created_at", "m.created_at", SortKey::Type::instant},
    {"updated_at", "m.updated_at", SortKey::Type::instant},
}};

// Identifiers of the monitors that may be shown in this state, found by indexes: all that are, and some that are not. Nothing for `up`, which most are. In SQL.
std::optional<std::string_view> candidates_for(State state);

}  // namespace sonde::controlplane
