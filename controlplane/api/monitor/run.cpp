#include "controlplane/api/monitor/run.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/monitor.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "controlplane/run/desk.h"
#include "lib/http/document_event.h"
#include "lib/http/stream.h"
#include "lib/message/run.h"

namespace sonde::controlplane::run_api {
namespace {

constexpr db::Statement kRegions{"run_regions", "select name from region order by name limit $1"};

// Of an answer, beside its document.
constexpr std::size_t kRunOverhead = 4096;

// The regions to ask: those given, which must exist, or every one there is.
std::vector<std::string> regions_of(db::Tx& tx, const MonitorDraft& draft) {
    json::Problems problems;
    check_regions(monitor_store::missing_regions(tx, draft.regions), draft, "", problems);
    refuse_if_any(problems);
    if (!draft.regions.empty()) return draft.regions;
    std::vector<std::string> all;
    for (const auto row : tx.run(kRegions, {static_cast<int>(kMaxRegions) + 1})) all.emplace_back(row.text(0));
    if (all.empty()) refuse_if_any({{"/regions", "there is no region to run in"}});
    if (all.size() > kMaxRegions) {
        refuse_if_any({{"/regions", fmt::format("must be named, for there are more than the {} that one run may ask", kMaxRegions)}});
    }
    return all;
}

// The verdict and what goes with it; the rest is what was seen.
Json present(const run::Answer& answer) {
    const auto& from = answer.from;
    Json item{{"region", from.region}, {"agent", from.agent}, {"started_at", to_rfc3339(from.started_at)}};
    auto document = answer.document;
    for (const auto* field : {"verdict", "class", "message", "phases_ms", "assertions"}) {
        item[field] = std::move(document[field]);
        document.erase(field);
    }
    item["observation"] = std::move(document);
    return item;
}

Json present(const run::Report& report) {
    Json document{{"run_id", report.id.text()}, {"results", Json::array()}, {"missing", Json::array()}};
    for (const auto& answer : report.answers) document["results"].push_back(present(answer));
    for (const auto& [region, why] : report.missing) document["missing"].push_back({{"region", region}, {"reason", name_of(why)}});
    return document;
}

http::Response too_many(const Backend& backend) {
    return http::problem_response(http::problem::unavailable,
                                  fmt::format("{} runs are under way already, as many as may be", backend.runs.options().max_under_way))
        .with("Retry-After", "5");
}

// Each region's answer as it comes, and the whole at the end, while no thread waits. Whoever goes away has no run any more.
http::Response follow(Backend& backend, const http::Request& request, const run::Order& order) {
    // Every answer may have to wait for its client twice, in an event of its own and in the report.
    const auto stream = http::open_stream(request, {.max_queued_bytes = (order.regions.size() + 1) * 2 * (message::kMaxRunDocument + kRunOverhead)});
    const auto id = backend.runs.start(order, {[stream](const run::Answer& answer) { http::send_document(*stream, "region", [&] { return present(answer); }); },
                                               [stream](const run::Report& report) {
                                                   http::send_document(*stream, "report", [&] { return present(report); });
                                                   stream->end();
                                               }});
    if (!id) return too_many(backend);
    stream->on_closed([&runs = backend.runs, run = *id] { runs.abandon(run); });
    return http::Response::events(stream);
}

// Waits for the regions without a connection to the database.
http::Response ask(Backend& backend, const http::Request& request, const MonitorDraft& draft, MonitorId monitor, SiteId site, int revision,
                   const std::vector<std::string>& regions) {
    if (check::is_pushed(draft.kind)) {
        throw http::ProblemError{http::problem::conflict, fmt::format("the kind {} is heard of: there is nothing to run", name_of(draft.kind)), {}};
    }
    const auto spec = json::dump(draft.spec);
    const message::JobTemplate job(monitor, site, revision, draft.timeout, draft.kind, spec, check::named_in(spec, draft.secrets));
    const run::Order order{job, draft.timeout, regions};
    if (http::accepts_events(request)) return follow(backend, request, order);
    const auto report = backend.runs.ask(order);
    return report ? http::Response::json(present(*report)) : too_many(backend);
}

http::Response run_monitor(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    const auto body = read_optional_body(call);
    MonitorDraft asked;
    json::Problems problems;
    json::Reader in(body, "", problems);
    read_regions(in, asked.regions, problems);
    in.finish();
    refuse_if_any(problems);
    auto [monitor, regions] = call.transact(backend, [&](db::Tx& tx) {
        auto found = monitor_store::find(tx, id);
        if (!found) not_found("there is no such monitor");
        found->draft.secrets = monitor_store::secrets(tx, backend.secrets, id);
        if (asked.regions.empty()) asked.regions = found->draft.regions;
        auto where = regions_of(tx, asked);
        return std::pair{std::move(*found), std::move(where)};
    });
    return ask(backend, call.request, monitor.draft, id, monitor.draft.site_id, monitor.version, regions);
}

http::Response run_spec(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_run(read_body(call), problems);
    refuse_if_any(problems);
    const auto regions = call.transact(backend, [&](db::Tx& tx) { return regions_of(tx, draft); });
    // Of a monitor and a site that nobody has: agents cannot tell.
    return ask(backend, call.request, draft, new_id<MonitorId>(), new_id<SiteId>(), 1, regions);
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/monitors/{monitor_id}/check", Permission::monitors_run, run_monitor, kMaxBodyBytes, Once::harmless},
        {Method::post, "/v1/check", Permission::monitors_run, run_spec, kMaxBodyBytes, Once::harmless},
    };
}

}  // namespace sonde::controlplane::run_api

namespace sonde::controlplane {

MonitorDraft read_run(const Json& document, json::Problems& problems) {
    MonitorDraft draft;
    json::Reader in(document, "", problems);
    in.require({"spec"});
    in.name("kind", draft.kind);
    draft.secrets = read_secrets(in, SecretsField::whole, {}, problems);
    read_spec(in, draft, problems);
    const auto problems_before = problems.size();
    in.duration_ms("timeout_ms", draft.timeout, kMinTimeout, kMaxTimeout);
    if (problems.size() == problems_before) refuse_short_timeout(in, draft, problems);
    read_regions(in, draft.regions, problems);
    in.finish();
    return draft;
}

}  // namespace sonde::controlplane
