#include "controlplane/api/apply/apply.h"

#include "controlplane/api/apply/export.h"
#include "controlplane/api/apply/run.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"

namespace sonde::controlplane::apply_api {
namespace {

// A plan is carried out and undone: what it promises is what would be done, and what would be refused is refused.
Outcome look(Backend& backend, const Call& call, db::Tx& tx, const Request& request) {
    tx.run_text("savepoint plan");
    auto outcome = carry_out(backend, call, tx, request);
    tx.run_text("rollback to savepoint plan");
    return outcome;
}

http::Response apply(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto request = read_request(read_body(call), problems);
    refuse_if_any(problems);
    const auto outcome = call.transact(backend, [&](db::Tx& tx) {
        return request.mode == Mode::plan ? look(backend, call, tx, request) : carry_out(backend, call, tx, request);
    });
    return http::Response::json(present(request, outcome.plan, outcome.references));
}

http::Response export_all(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto owner = query.text("owner", 64).value_or("files");
    if (!is_owner(owner)) query.refuse("owner", "must be a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit");
    query.finish();
    return http::Response::json(export_resources(backend, call, owner));
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/apply", Permission::files_write, apply, kMaxBulkBytes},
        {Method::get, "/v1/export", Permission::files_read, export_all},
    };
}

}  // namespace sonde::controlplane::apply_api
