#include "controlplane/api/monitor/monitor_bulk.h"

#include <algorithm>
#include <set>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/bulk.h"
#include "controlplane/api/endpoint/parts.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/monitor.h"
#include "controlplane/api/monitor/monitor_change.h"
#include "controlplane/api/monitor/relation.h"

namespace sonde::controlplane::monitor_bulk_api {
namespace {

// Between two statements, for the database ends a transaction that stands idle for long.
constexpr std::size_t kWorkedOnAtOnce = 500;
constexpr std::size_t kWrittenAtOnce = 2'000;

using Written = std::vector<std::pair<MonitorId, const MonitorDraft*>>;

// Refuses those that name a region which there is not. The others' regions cannot be deleted before the transaction ends.
void check_all_regions(db::Tx& tx, Bulk& bulk, const std::vector<MonitorDraft>& drafts, std::string_view document) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (bulk.refused(i)) continue;
        for (auto& name : regions_named(drafts[i])) names.insert(std::move(name));
    }
    const auto missing = monitor_store::missing_regions(tx, {names.begin(), names.end()});
    for (std::size_t i = 0; i < drafts.size() && !missing.empty(); ++i) {
        if (bulk.refused(i)) continue;
        json::Problems problems;
        check_regions(missing, drafts[i], bulk.pointer(i) + std::string(document), problems);
        bulk.refuse(i, std::move(problems));
    }
}

void check_sites(db::Tx& tx, Bulk& bulk, const std::vector<MonitorDraft>& drafts) {
    std::set<std::int64_t> named;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (!bulk.refused(i)) named.insert(drafts[i].site_id.value());
    }
    const auto there = relation::sites(tx, {named.begin(), named.end()});
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (bulk.refused(i) || there.contains(drafts[i].site_id.value())) continue;
        bulk.refuse(i, {{bulk.pointer(i) + "/site_id", "there is no such site"}});
    }
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    Bulk read(body);
    std::vector<MonitorDraft> drafts;
    for (std::size_t i = 0; i < read.size(); ++i) {
        json::Problems problems;
        drafts.push_back(read_monitor(read.item(i), read.pointer(i), SiteField::required, problems));
        read.refuse(i, std::move(problems));
    }
    read.stop_if_atomic();
    return call.transact(backend, [&](db::Tx& tx) {
        auto bulk = read;
        check_sites(tx, bulk, drafts);
        check_all_regions(tx, bulk, drafts, "");
        bulk.stop_if_atomic();
        Written monitors;
        for (std::size_t i = 0; i < drafts.size(); ++i) {
            if (bulk.refused(i)) continue;
            monitors.emplace_back(new_id<MonitorId>(), &drafts[i]);
            bulk.done(i, 201, {{"id", monitors.back().first.text()}});
        }
        in_parts(monitors, kWrittenAtOnce, [&](const Written& part) { monitor_store::insert(tx, backend.secrets, part); });
        return bulk.response(201);
    });
}

// The monitors that are there, by their place among the items. Refuses the others, and those of another version.
std::map<std::size_t, Monitor> lock(db::Tx& tx, Bulk& bulk, const std::vector<BulkTarget<MonitorId>>& targets) {
    std::map<MonitorId, Monitor> there;
    for (auto& monitor : monitor_store::lock_all(tx, targets_left(bulk, targets))) there.emplace(monitor.id, std::move(monitor));
    std::map<std::size_t, Monitor> found;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (bulk.refused(i)) continue;
        const auto monitor = there.find(targets[i].id);
        if (monitor == there.end()) {
            bulk.refuse(i, http::problem::not_found, "there is no such monitor", {{bulk.pointer(i) + "/id", "there is no such monitor"}});
            continue;
        }
        check_version(bulk, i, targets[i], monitor->second.version);
        if (!bulk.refused(i)) found.emplace(i, std::move(monitor->second));
    }
    return found;
}

Json outcome(MonitorId id, int version) { return {{"id", id.text()}, {"version", version}}; }

http::Response update(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    Bulk read(body);
    std::vector<const Json*> patches(read.size());
    const auto targets = read_targets<MonitorId>(read, [&](std::size_t i, json::Reader& in) {
        in.require({"patch"});
        patches[i] = in.object("patch");
    });
    for (std::size_t i = 0; i < read.size(); ++i) {
        if (read.refused(i) || call.actor.permissions.has(Permission::monitors_write) || only_pauses(*patches[i])) continue;
        read.refuse(i, http::problem::forbidden, "monitors.pause is for `paused` alone; this needs the permission monitors.write",
                    {{read.pointer(i) + "/patch", "changes more than `paused`"}});
    }
    read.stop_if_atomic();
    return call.transact(backend, [&](db::Tx& tx) {
        auto bulk = read;
        const auto before = lock(tx, bulk, targets);
        std::vector<MonitorDraft> drafts(bulk.size());
        std::vector<bool> differs(bulk.size());
        for (auto next = before.begin(); next != before.end();) {
            const auto part = next;
            std::vector<std::int64_t> ids;
            for (; next != before.end() && ids.size() < kWorkedOnAtOnce; ++next) ids.push_back(next->second.id.value());
            auto secrets = monitor_store::secrets_of(tx, backend.secrets, ids);
            for (auto one = part; one != next; ++one) {
                const auto& [i, monitor] = *one;
                json::Problems problems;
                drafts[i] = changed(monitor, {SecretsField::patch, secrets[monitor.id]}, *patches[i], bulk.pointer(i) + "/patch", problems);
                differs[i] = problems.empty() && is_change(monitor, secrets[monitor.id], drafts[i]);
                bulk.refuse(i, std::move(problems));
            }
        }
        check_all_regions(tx, bulk, drafts, "/patch");
        bulk.stop_if_atomic();
        Written monitors;
        for (const auto& [i, monitor] : before) {
            if (bulk.refused(i)) continue;
            if (differs[i]) monitors.emplace_back(monitor.id, &drafts[i]);
            bulk.done(i, 200, outcome(monitor.id, monitor.version + (differs[i] ? 1 : 0)));
        }
        in_parts(monitors, kWrittenAtOnce, [&](const Written& part) { monitor_store::update(tx, backend.secrets, part); });
        return bulk.response();
    });
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    Bulk read(body);
    const auto targets = read_targets<MonitorId>(read, [](std::size_t, json::Reader&) {});
    read.stop_if_atomic();
    return call.transact(backend, [&](db::Tx& tx) {
        auto bulk = read;
        for (const auto& [i, monitor] : lock(tx, bulk, targets)) bulk.done(i, 204, {{"id", monitor.id.text()}});
        bulk.stop_if_atomic();
        monitor_store::remove(tx, targets_left(bulk, targets));
        return bulk.response();
    });
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/monitors/bulk", Permission::monitors_write, create, kMaxBulkBytes},
        {Method::patch, "/v1/monitors/bulk", Permission::monitors_pause, update, kMaxBulkBytes},
        {Method::post, "/v1/monitors/bulk_delete", Permission::monitors_write, remove, kMaxBulkBytes},
    };
}

}  // namespace sonde::controlplane::monitor_bulk_api
