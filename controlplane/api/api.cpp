#include "controlplane/api/api.h"

#include "controlplane/access/audit_list.h"
#include "controlplane/access/client.h"
#include "controlplane/access/role.h"
#include "controlplane/api/apply/apply.h"
#include "controlplane/api/endpoint/asset.h"
#include "controlplane/api/history/backtest.h"
#include "controlplane/api/history/ledger.h"
#include "controlplane/api/history/missed.h"
#include "controlplane/api/history/report.h"
#include "controlplane/api/history/result.h"
#include "controlplane/api/history/rollup.h"
#include "controlplane/api/history/uptime.h"
#include "controlplane/api/incident/ack.h"
#include "controlplane/api/incident/advisory.h"
#include "controlplane/api/incident/event.h"
#include "controlplane/api/incident/evidence.h"
#include "controlplane/api/incident/incident.h"
#include "controlplane/api/incident/incident_action.h"
#include "controlplane/api/incident/incident_writing.h"
#include "controlplane/api/incident/monitor_explain.h"
#include "controlplane/api/incident/notification.h"
#include "controlplane/api/incident/overview.h"
#include "controlplane/api/incident/region_vote.h"
#include "controlplane/api/incident/suppression.h"
#include "controlplane/api/monitor/dependency.h"
#include "controlplane/api/monitor/group.h"
#include "controlplane/api/monitor/maintenance.h"
#include "controlplane/api/monitor/monitor.h"
#include "controlplane/api/monitor/monitor_bulk.h"
#include "controlplane/api/monitor/run.h"
#include "controlplane/api/monitor/site.h"
#include "controlplane/api/monitor/site_bulk.h"
#include "controlplane/api/notify/channel.h"
#include "controlplane/api/notify/drill.h"
#include "controlplane/api/notify/escalation.h"
#include "controlplane/api/notify/on_call.h"
#include "controlplane/api/notify/route.h"
#include "controlplane/api/notify/route_override.h"
#include "controlplane/api/notify/schedule.h"
#include "controlplane/api/notify/schedule_override.h"
#include "controlplane/api/page/status_page.h"
#include "controlplane/api/page/subscriber.h"
#include "controlplane/api/person/me.h"
#include "controlplane/api/person/oidc.h"
#include "controlplane/api/person/second_factor.h"
#include "controlplane/api/person/session.h"
#include "controlplane/api/person/settings.h"
#include "controlplane/api/person/user.h"
#include "controlplane/api/person/user_identity.h"
#include "controlplane/api/region/agent.h"
#include "controlplane/api/region/join.h"
#include "controlplane/api/region/join_token.h"
#include "controlplane/api/region/region.h"
#include "lib/service/service.h"

namespace sonde::controlplane {
namespace {

http::Response welcome(const http::Request&) {
    Json document;
    document["name"] = "sonde";
    document["version"] = service::version();
    document["docs"] = "/docs";
    return http::Response::json(document);
}

http::Response openapi(const http::Request& request) { return serve_asset(request, openapi_asset()); }
// What whoever is not logged in may do.
Endpoints open_endpoints() {
    auto all = session_api::open_endpoints();
    for (const auto& endpoint : oidc_api::open_endpoints()) all.push_back(endpoint);
    for (const auto& endpoint : ack_api::open_endpoints()) all.push_back(endpoint);
    return all;
}

http::Response docs(const http::Request& request) { return serve_asset(request, docs_asset()); }

}  // namespace

std::string_view openapi_document() { return openapi_asset().plain; }

Endpoints endpoints() {
    Endpoints all;
    // One a line, in the order of the document.
    for (const auto& table : {
             site_api::endpoints(),
             site_bulk_api::endpoints(),
             monitor_api::endpoints(),
             monitor_bulk_api::endpoints(),
             drill_api::endpoints(),
             run_api::endpoints(),
             result_api::endpoints(),
             region_api::endpoints(),
             join_api::endpoints(),
             agent_api::endpoints(),
             channel_api::endpoints(),
             incident_api::endpoints(),
             notification_api::endpoints(),
             evidence_api::endpoints(),
             advisory_api::endpoints(),
             ledger_api::endpoints(),
             missed_api::endpoints(),
             uptime_api::endpoints(),
             rollup_api::endpoints(),
             report_api::endpoints(),
             incident_action_api::endpoints(),
             incident_writing_api::endpoints(),
             monitor_explain_api::endpoints(),
             backtest_api::endpoints(),
             region_vote_api::endpoints(),
             maintenance_api::endpoints(),
             dependency_api::endpoints(),
             group_api::endpoints(),
             route_api::endpoints(),
             route_override_api::endpoints(),
             escalation_api::endpoints(),
             schedule_api::endpoints(),
             schedule_override_api::endpoints(),
             on_call_api::endpoints(),
             status_page_api::endpoints(),
             subscriber_api::endpoints(),
             settings_api::endpoints(),
             suppression_api::endpoints(),
             event_api::endpoints(),
             overview_api::endpoints(),
             apply_api::endpoints(),
             role_api::endpoints(),
             client_api::endpoints(),
             audit_api::endpoints(),
             user_api::endpoints(),
             user_identity_api::endpoints(),
             me_api::endpoints(),
             second_factor_api::endpoints(),
             session_api::endpoints(),
         }) {
        all.insert(all.end(), table.begin(), table.end());
    }
    return all;
}

std::size_t body_limit(http::Method method, std::string_view path) {
    if (path == join_api::kJoinPath) return join_api::kMaxJoinBody;
    // Only literal patterns have a bound of their own.
    static const Endpoints all = [] {
        auto both = endpoints();
        for (const auto& endpoint : open_endpoints()) both.push_back(endpoint);
        return both;
    }();
    for (const auto& endpoint : all) {
        if (endpoint.method == method && endpoint.pattern == path) return endpoint.max_body;
    }
    return kMaxBodyBytes;
}

void add_api_routes(http::Router& router, Backend& backend) {
    router.add(http::Method::get, "/", welcome);
    router.add(http::Method::get, "/openapi.json", openapi);
    router.add(http::Method::post, std::string(join_api::kJoinPath), [&backend](const http::Request& request) { return join_api::serve_join(backend, request); });
    router.add(http::Method::get, "/docs", docs);
    for (const auto& endpoint : endpoints()) {
        router.add(endpoint.method, std::string(endpoint.pattern), [endpoint, &backend](const http::Request& request) {
            return serve(endpoint, backend, request);
        });
    }
    for (const auto& endpoint : open_endpoints()) {
        router.add(endpoint.method, std::string(endpoint.pattern), [endpoint, &backend](const http::Request& request) {
            return serve_anybody(endpoint, backend, request);
        });
    }
}

}  // namespace sonde::controlplane
