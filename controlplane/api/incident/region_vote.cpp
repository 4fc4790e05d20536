#include "controlplane/api/incident/region_vote.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "controlplane/api/monitor/site_store.h"

namespace sonde::controlplane::region_vote_api {
namespace {

constexpr db::Statement kMonitors{"site_monitors_lock", R"(
    select id from monitor where site_id = $1 and deleted_at is null order by id for no key update)"};
constexpr db::Statement kRegion{"region_exists", "select 1 from region where name = $1 for key share"};

std::string path_region(const Call& call, db::Tx& tx) {
    auto name = call.request.parameters.at("region");
    if (tx.run(kRegion, {name}).empty()) not_found("there is no such region");
    return name;
}

check::RegionVote read_vote(const Call& call) {
    auto vote = check::RegionVote::count;
    json::Problems problems;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({"vote"});
    in.name("vote", vote);
    in.finish();
    refuse_if_any(problems);
    return vote;
}

bool is_checked_from(const MonitorDraft& draft, const std::string& region) {
    if (check::is_pushed(draft.kind)) return false;
    return draft.regions.empty() || std::find(draft.regions.begin(), draft.regions.end(), region) != draft.regions.end();
}

// Without the regions whose votes do not count, somebody must be left. Of a monitor for all regions that is asked of those there are.
bool leaves_nobody(const MonitorDraft& draft, const std::vector<std::string>& there, const check::Policy& policy) {
    const auto& regions = draft.regions.empty() ? there : draft.regions;
    return std::all_of(regions.begin(), regions.end(),
                       [&](const std::string& region) { return check::vote_of(policy, region) == check::RegionVote::exclude; });
}

std::vector<std::string> all_regions(db::Tx& tx) {
    constexpr db::Statement kAll{"region_names", "select name from region"};
    std::vector<std::string> names;
    for (const auto row : tx.run(kAll)) names.emplace_back(row.text(0));
    return names;
}

// True if that is another vote than before. 422 if nobody were left to vote.
bool give(db::Tx& tx, const Monitor& monitor, const std::string& region, check::RegionVote vote) {
    if (check::vote_of(monitor.draft.policy, region) == vote) return false;
    auto policy = monitor.draft.policy;
    check::set_vote(policy, region, vote);
    if (leaves_nobody(monitor.draft, all_regions(tx), policy)) {
        refuse_if_any({{"/vote", fmt::format("would leave monitor {} without a region that votes", monitor.id.text())}});
    }
    monitor_store::set_policy(tx, monitor.id, policy);
    return true;
}

Json present(const Monitor& monitor, const std::string& region) {
    Json document;
    document["monitor_id"] = monitor.id.text();
    document["region"] = region;
    document["vote"] = name_of(check::vote_of(monitor.draft.policy, region));
    document["version"] = monitor.version;
    return document;
}

Monitor require(std::optional<Monitor> monitor, const std::string& region) {
    if (!monitor) not_found("there is no such monitor");
    if (!is_checked_from(monitor->draft, region)) not_found("the monitor is not checked from this region");
    return std::move(*monitor);
}

http::Response read_of_monitor(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    return call.transact(backend, [&](db::Tx& tx) {
        const auto region = path_region(call, tx);
        const auto monitor = require(monitor_store::find(tx, id), region);
        return resource_response(call.request, present(monitor, region), monitor.version);
    });
}

http::Response put_of_monitor(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    const auto vote = read_vote(call);
    return call.transact(backend, [&](db::Tx& tx) {
        const auto region = path_region(call, tx);
        auto monitor = require(monitor_store::lock(tx, id), region);
        check_if_match(call.request, monitor.version);
        if (give(tx, monitor, region, vote)) monitor = require(monitor_store::find(tx, id), region);
        return resource_response(call.request, present(monitor, region), monitor.version);
    });
}

http::Response put_of_site(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SiteId>(call, "site_id");
    const auto vote = read_vote(call);
    return call.transact(backend, [&](db::Tx& tx) {
        const auto region = path_region(call, tx);
        const auto site = site_store::lock(tx, id);
        if (!site) not_found("there is no such site");
        check_if_match(call.request, site->version);
        Json monitors = Json::array();
        for (const auto row : tx.run(kMonitors, {id})) {
            const auto monitor = monitor_store::find(tx, row.id<MonitorId>(0));
            if (!monitor || !is_checked_from(monitor->draft, region)) continue;
            give(tx, *monitor, region, vote);
            monitors.push_back(monitor->id.text());
        }
        return http::Response::json(Json{{"site_id", id.text()}, {"region", region}, {"vote", name_of(vote)}, {"monitors", std::move(monitors)}});
    });
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/monitors/{monitor_id}/regions/{region}", Permission::monitors_read, read_of_monitor},
        {Method::put, "/v1/monitors/{monitor_id}/regions/{region}", Permission::regions_vote, put_of_monitor},
        {Method::put, "/v1/sites/{site_id}/regions/{region}", Permission::regions_vote, put_of_site},
    };
}

}  // namespace sonde::controlplane::region_vote_api
