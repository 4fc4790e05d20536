// Which sites a list is to have, and in which order.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorting.h"
#include "controlplane/api/endpoint/state.h"

namespace sonde::controlplane {

struct SiteFilter {
    std::optional<std::string> name{};  // exactly
    std::optional<std::string> tag{};
    std::optional<bool> active{};
    std::optional<State> state{};
    std::optional<SearchTerms> search{};

    // Over `s` (site). Looks first whether there are few of them, where nobody can know.
    [[nodiscard]] Conditions conditions(db::Tx& tx) const;
};

inline constexpr std::array<SortKey, 4> kSiteOrder{{
    {"id", "s.id", SortKey::Type::whole},
    {"name", "lower(s.name)", SortKey::Type::text},
    {"created_at", "s.created_at", SortKey::Type::instant},
    {"updated_at", "s.updated_at", SortKey::Type::instant},
}};

// The place in `State` of the worst that a site's monitors are shown in; null without any. In SQL over `s` (site).
const std::string& worst_state();

}  // namespace sonde::controlplane
