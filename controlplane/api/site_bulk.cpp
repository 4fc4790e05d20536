#include "controlplane/api/site_bulk.h"

#include <fmt/format.h>

#include <set>

#include "controlplane/api/body.h"
#include "controlplane/api/monitor.h"
#include "controlplane/api/monitor_store.h"
#include "controlplane/api/query.h"
#include "controlplane/api/site_store.h"

namespace sonde::controlplane {
namespace {

struct NewMonitor {
    MonitorId id;
    MonitorDraft draft;
    std::string pointer;
};

struct NewSite {
    SiteId id;
    SiteDraft draft;
    std::vector<NewMonitor> monitors;
};

NewSite read_item(const Json& document, const std::string& pointer, json::Problems& problems) {
    NewSite site{new_id<SiteId>(), {}, {}};
    json::Reader in(document, pointer, problems);
    site.draft = read_site_fields(in);
    if (const auto* monitors = in.array("monitors", kMaxMonitorsOfBulkSite)) {
        for (std::size_t i = 0; i < monitors->size(); ++i) {
            auto at = fmt::format("{}/{}", in.pointer("monitors"), i);
            auto draft = read_monitor((*monitors)[i], at, SiteField::implied, problems);
            draft.site_id = site.id;
            site.monitors.push_back({new_id<MonitorId>(), std::move(draft), std::move(at)});
        }
    }
    in.finish();
    return site;
}

std::vector<NewSite> read_items(const Json& document, json::Problems& problems) {
    std::vector<NewSite> sites;
    std::size_t monitors = 0;
    json::Reader in(document, "", problems);
    in.require({"items"});
    if (const auto* items = in.array("items", kMaxBulkSites)) {
        for (std::size_t i = 0; i < items->size(); ++i) {
            sites.push_back(read_item((*items)[i], fmt::format("/items/{}", i), problems));
            monitors += sites.back().monitors.size();
        }
    }
    in.finish();
    if (monitors > kMaxBulkMonitors) in.refuse("items", fmt::format("must have at most {} monitors in all", kMaxBulkMonitors));
    return sites;
}

void check_all_regions(db::Tx& tx, const std::vector<NewSite>& sites) {
    std::set<std::string> names;
    for (const auto& site : sites) {
        for (const auto& monitor : site.monitors) {
            const auto named = regions_named(monitor.draft);
            names.insert(named.begin(), named.end());
        }
    }
    const auto missing = monitor_store::missing_regions(tx, {names.begin(), names.end()});
    if (missing.empty()) return;
    json::Problems problems;
    for (const auto& site : sites) {
        for (const auto& monitor : site.monitors) check_regions(missing, monitor.draft, monitor.pointer, problems);
    }
    refuse_if_any(problems);
}

void insert(db::Tx& tx, const crypto::SecretBox& box, const std::vector<NewSite>& sites) {
    std::vector<SiteId> ids;
    std::vector<const SiteDraft*> drafts;
    std::vector<std::pair<MonitorId, const MonitorDraft*>> monitors;
    for (const auto& site : sites) {
        ids.push_back(site.id);
        drafts.push_back(&site.draft);
        for (const auto& monitor : site.monitors) monitors.emplace_back(monitor.id, &monitor.draft);
    }
    site_store::insert(tx, ids, drafts);
    monitor_store::insert(tx, box, monitors);
}

}  // namespace

http::Response create_sites_in_bulk(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto sites = read_items(read_body(call), problems);
    refuse_if_any(problems);
    call.transact(backend, [&](db::Tx& tx) {
        check_all_regions(tx, sites);
        insert(tx, backend.secrets, sites);
    });
    Json items = Json::array();
    for (const auto& site : sites) {
        Json monitors = Json::array();
        for (const auto& monitor : site.monitors) monitors.push_back({{"id", monitor.id.text()}});
        items.push_back({{"id", site.id.text()}, {"monitors", std::move(monitors)}});
    }
    return http::Response::json({{"items", std::move(items)}}, 201);
}

}  // namespace sonde::controlplane
