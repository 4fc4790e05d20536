#include "controlplane/api/api.h"

#include "controlplane/access/audit_list.h"
#include "controlplane/access/client.h"
#include "controlplane/access/role.h"
#include "controlplane/api/ack.h"
#include "controlplane/api/advisory.h"
#include "controlplane/api/agent.h"
#include "controlplane/api/apply.h"
#include "controlplane/api/asset.h"
#include "controlplane/api/backtest.h"
#include "controlplane/api/channel.h"
#include "controlplane/api/dependency.h"
#include "controlplane/api/drill.h"
#include "controlplane/api/escalation.h"
#include "controlplane/api/event.h"
#include "controlplane/api/evidence.h"
#include "controlplane/api/group.h"
#include "controlplane/api/incident.h"
#include "controlplane/api/incident_action.h"
#include "controlplane/api/incident_writing.h"
#include "controlplane/api/join.h"
#include "controlplane/api/join_token.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/maintenance.h"
#include "controlplane/api/me.h"
#include "controlplane/api/missed.h"
#include "controlplane/api/monitor.h"
#include "controlplane/api/notification.h"
#include "controlplane/api/monitor_bulk.h"
#include "controlplane/api/monitor_explain.h"
#include "controlplane/api/oidc.h"
#include "controlplane/api/on_call.h"
#include "controlplane/api/overview.h"
#include "controlplane/api/region.h"
#include "controlplane/api/region_vote.h"
#include "controlplane/api/report.h"
#include "controlplane/api/result.h"
#include "controlplane/api/rollup.h"
#include "controlplane/api/route.h"
#include "controlplane/api/route_override.h"
#include "controlplane/api/run.h"
#include "controlplane/api/schedule.h"
#include "controlplane/api/schedule_override.h"
#include "controlplane/api/second_factor.h"
#include "controlplane/api/session.h"
#include "controlplane/api/settings.h"
#include "controlplane/api/site.h"
#include "controlplane/api/site_bulk.h"
#include "controlplane/api/status_page.h"
#include "controlplane/api/subscriber.h"
#include "controlplane/api/suppression.h"
#include "controlplane/api/uptime.h"
#include "controlplane/api/user.h"
#include "controlplane/api/user_identity.h"
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
