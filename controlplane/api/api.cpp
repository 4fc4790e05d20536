#include "controlplane/api/api.h"

#include "controlplane/api/advisory.h"
#include "controlplane/api/agent.h"
#include "controlplane/api/backtest.h"
#include "controlplane/api/channel.h"
#include "controlplane/api/dependency.h"
#include "controlplane/api/event.h"
#include "controlplane/api/evidence.h"
#include "controlplane/api/group.h"
#include "controlplane/api/incident.h"
#include "controlplane/api/incident_action.h"
#include "controlplane/api/incident_writing.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/maintenance.h"
#include "controlplane/api/missed.h"
#include "controlplane/api/monitor.h"
#include "controlplane/api/monitor_explain.h"
#include "controlplane/api/region.h"
#include "controlplane/api/region_vote.h"
#include "controlplane/api/report.h"
#include "controlplane/api/result.h"
#include "controlplane/api/rollup.h"
#include "controlplane/api/run.h"
#include "controlplane/api/site.h"
#include "controlplane/api/suppression.h"
#include "controlplane/api/uptime.h"
#include "lib/service/service.h"

namespace sonde::controlplane {
namespace {

http::Response welcome(const http::Request&) {
    Json document;
    document["name"] = "sonde";
    document["version"] = service::version();
    document["docs"] = "/openapi.json";
    return http::Response::json(document);
}

http::Response openapi(const http::Request&) {
    return http::Response::text(std::string(openapi_document()), "application/json").with("Cache-Control", "public, max-age=300");
}

}  // namespace

Endpoints endpoints() {
    Endpoints all;
    for (const auto& table : {site_endpoints(), monitor_endpoints(), run_endpoints(), result_endpoints(), region_endpoints(),
                              agent_endpoints(), channel_endpoints(), incident_endpoints(), evidence_endpoints(), advisory_endpoints(),
                              ledger_endpoints(), missed_endpoints(), uptime_endpoints(), rollup_endpoints(), report_endpoints(),
                              incident_action_endpoints(), incident_writing_endpoints(), monitor_explain_endpoints(), backtest_endpoints(),
                              region_vote_endpoints(), maintenance_endpoints(), dependency_endpoints(), group_endpoints(), suppression_endpoints(), event_endpoints()}) {
        all.insert(all.end(), table.begin(), table.end());
    }
    return all;
}

std::size_t body_limit(http::Method method, std::string_view path) {
    // Only literal patterns have a bound of their own.
    static const Endpoints all = endpoints();
    for (const auto& endpoint : all) {
        if (endpoint.method == method && endpoint.pattern == path) return endpoint.max_body;
    }
    return kMaxBodyBytes;
}

void add_api_routes(http::Router& router, Backend& backend) {
    router.add(http::Method::get, "/", welcome);
    router.add(http::Method::get, "/openapi.json", openapi);
    for (const auto& endpoint : endpoints()) {
        router.add(endpoint.method, std::string(endpoint.pattern), [endpoint, &backend](const http::Request& request) {
            return serve(endpoint, backend, request);
        });
    }
}

}  // namespace sonde::controlplane
