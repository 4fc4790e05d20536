#include "controlplane/access/restriction.h"

#include <algorithm>

namespace sonde::controlplane {

bool Restriction::covers(SiteId site, const std::vector<std::string>& site_tags) const {
    if (std::find(sites.begin(), sites.end(), site) != sites.end()) return true;
    return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return std::find(site_tags.begin(), site_tags.end(), tag) != site_tags.end(); });
}

namespace restriction {
namespace {

constexpr db::Statement kEnter{"restriction_enter", R"(
    select set_config('sonde.sites', $1::bigint[]::text, true), set_config('sonde.tags', $2::text[]::text, true),
           set_config('search_path', quote_ident(current_schema() || '_restricted') || ', ' || current_setting('search_path'), true))"};

}  // namespace

void enter(db::Tx& tx, const Restriction& restriction) {
    std::vector<std::int64_t> sites;
    for (const auto site : restriction.sites) sites.push_back(site.value());
    tx.run(kEnter, {sites, restriction.tags});
}

}  // namespace restriction
}  // namespace sonde::controlplane
