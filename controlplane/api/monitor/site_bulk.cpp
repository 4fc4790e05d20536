#include "controlplane/api/monitor/site_bulk.h"

#include <fmt/format.h>

#include <set>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/bulk.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/monitor.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "controlplane/api/monitor/site_store.h"

namespace sonde::controlplane::site_bulk_api {
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

std::vector<NewSite> read_items(Bulk& bulk) {
    std::vector<NewSite> sites;
    std::size_t monitors = 0;
    for (std::size_t i = 0; i < bulk.size(); ++i) {
        json::Problems problems;
        sites.push_back(read_item(bulk.item(i), bulk.pointer(i), problems));
        bulk.refuse(i, std::move(problems));
        monitors += sites.back().monitors.size();
        if (monitors > kMaxBulkMonitors) refuse_if_any({{"/items", fmt::format("must have at most {} monitors in all", kMaxBulkMonitors)}});
    }
    return sites;
}

void check_all_regions(db::Tx& tx, Bulk& bulk, const std::vector<NewSite>& sites) {
    std::set<std::string> names;
    for (const auto& site : sites) {
        for (const auto& monitor : site.monitors) {
            const auto named = regions_named(monitor.draft);
            names.insert(named.begin(), named.end());
        }
    }
    const auto missing = monitor_store::missing_regions(tx, {names.begin(), names.end()});
    if (missing.empty()) return;
    for (std::size_t i = 0; i < sites.size(); ++i) {
        json::Problems problems;
        for (const auto& monitor : sites[i].monitors) check_regions(missing, monitor.draft, monitor.pointer, problems);
        bulk.refuse(i, std::move(problems));
    }
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    Bulk read(body);
    const auto sites = read_items(read);
    read.stop_if_atomic();
    return call.transact(backend, [&](db::Tx& tx) {
        auto bulk = read;
        check_all_regions(tx, bulk, sites);
        bulk.stop_if_atomic();
        std::vector<SiteId> ids;
        std::vector<const SiteDraft*> drafts;
        std::vector<std::pair<MonitorId, const MonitorDraft*>> monitors;
        for (std::size_t i = 0; i < sites.size(); ++i) {
            if (bulk.refused(i)) continue;
            ids.push_back(sites[i].id);
            drafts.push_back(&sites[i].draft);
            Json made = Json::array();
            for (const auto& monitor : sites[i].monitors) {
                monitors.emplace_back(monitor.id, &monitor.draft);
                made.push_back({{"id", monitor.id.text()}});
            }
            bulk.done(i, 201, {{"id", sites[i].id.text()}, {"monitors", std::move(made)}});
        }
        site_store::insert(tx, ids, drafts);
        monitor_store::insert(tx, backend.secrets, monitors);
        return bulk.response(201);
    });
}

// The sites that are there, by their place among the items. Refuses the others, and those of another version.
std::map<std::size_t, Site> lock(db::Tx& tx, Bulk& bulk, const std::vector<BulkTarget<SiteId>>& targets) {
    std::map<SiteId, Site> there;
    for (auto& site : site_store::lock_all(tx, targets_left(bulk, targets))) there.emplace(site.id, std::move(site));
    std::map<std::size_t, Site> found;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (bulk.refused(i)) continue;
        const auto site = there.find(targets[i].id);
        if (site == there.end()) {
            bulk.refuse(i, http::problem::not_found, "there is no such site", {{bulk.pointer(i) + "/id", "there is no such site"}});
            continue;
        }
        check_version(bulk, i, targets[i], site->second.version);
        if (!bulk.refused(i)) found.emplace(i, std::move(site->second));
    }
    return found;
}

http::Response update(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    Bulk read(body);
    std::vector<const Json*> patches(read.size());
    const auto targets = read_targets<SiteId>(read, [&](std::size_t i, json::Reader& in) {
        in.require({"patch"});
        patches[i] = in.object("patch");
    });
    read.stop_if_atomic();
    return call.transact(backend, [&](db::Tx& tx) {
        auto bulk = read;
        const auto before = lock(tx, bulk, targets);
        std::vector<SiteDraft> drafts(bulk.size());
        for (const auto& [i, site] : before) {
            json::Problems problems;
            drafts[i] = read_site(patched(write_site(site.draft), *patches[i]), bulk.pointer(i) + "/patch", problems);
            bulk.refuse(i, std::move(problems));
        }
        bulk.stop_if_atomic();
        std::vector<SiteId> ids;
        std::vector<const SiteDraft*> changes;
        for (const auto& [i, site] : before) {
            if (bulk.refused(i)) continue;
            const bool same = drafts[i] == site.draft;
            bulk.done(i, 200, {{"id", site.id.text()}, {"version", site.version + (same ? 0 : 1)}});
            if (same) continue;
            ids.push_back(site.id);
            changes.push_back(&drafts[i]);
        }
        site_store::update(tx, ids, changes);
        return bulk.response();
    });
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    Bulk read(body);
    const auto targets = read_targets<SiteId>(read, [](std::size_t, json::Reader&) {});
    read.stop_if_atomic();
    return call.transact(backend, [&](db::Tx& tx) {
        auto bulk = read;
        for (const auto& [i, site] : lock(tx, bulk, targets)) bulk.done(i, 204, {{"id", site.id.text()}});
        bulk.stop_if_atomic();
        site_store::remove(tx, targets_left(bulk, targets));
        return bulk.response();
    });
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/sites/bulk", Permission::sites_write, create, kMaxBulkBytes},
        {Method::patch, "/v1/sites/bulk", Permission::sites_write, update, kMaxBulkBytes},
        {Method::post, "/v1/sites/bulk_delete", Permission::sites_write, remove, kMaxBulkBytes},
    };
}

}  // namespace sonde::controlplane::site_bulk_api
