#include "controlplane/access/audit_list.h"

#include <fmt/format.h>

#include "controlplane/access/audit_document.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"

namespace sonde::controlplane::audit_api {
namespace {

constexpr std::string_view kSelect = R"(
    select id, at, actor, actor_id, action, object, operation, address, before, after from audit )";

Json present(const db::Row& row) {
    const auto object = row.is_null(5) ? std::string{} : std::string(row.text(5));
    const auto document = [&](int column) { return row.is_null(column) ? Json(nullptr) : shown_row(object, stored_json(row.text(column))); };
    Json item;
    item["id"] = std::to_string(row.whole(0));
    item["at"] = to_rfc3339(row.time(1));
    item["actor"] = row.text(2);
    item["actor_id"] = text_or_null(row, 3);
    item["action"] = row.text(4);
    item["object"] = object.empty() ? Json(nullptr) : Json(shown_object(object));
    item["operation"] = text_or_null(row, 6);
    item["address"] = text_or_null(row, 7);
    item["before"] = document(8);
    item["after"] = document(9);
    return item;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("audit", 1);
    const auto actor = query.text("actor");
    const auto actor_id = query.text("actor_id");
    const auto action = query.text("action");
    const auto object = query.text("object");
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    query.finish();
    Conditions conditions;
    if (actor) conditions.add("actor = ?", {*actor});
    if (actor_id) conditions.add("actor_id = ?", {*actor_id});
    if (action && action->ends_with(".*")) conditions.add("starts_with(action, ?)", {action->substr(0, action->size() - 1)});
    else if (action) conditions.add("action = ?", {*action});
    if (object) conditions.add("object = ?", {stored_object(*object)});
    if (from) conditions.add("at >= ?::timestamptz", {*from});
    if (to) conditions.add("at < ?::timestamptz", {*to});
    if (page.after) conditions.add("id < ?", {page.after->whole(0)});
    const auto sql = fmt::format("{}{} order by id desc limit {}", kSelect, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = call.transact(backend, [&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/audit", Permission::audit_read, list}}; }

}  // namespace sonde::controlplane::audit_api
