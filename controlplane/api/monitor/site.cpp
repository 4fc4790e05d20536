#include "controlplane/api/monitor/site.h"

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/site_store.h"

namespace sonde::controlplane::site_api {
namespace {

// All that an item of the list may have.
constexpr std::array<std::string_view, 10> kMembers{"id", "name", "base_url", "tags", "owner_note", "active", "state", "version", "created_at", "updated_at"};

Json present(const Site& site) {
    Json document;
    document["id"] = site.id.text();
    json::add(document, write_site(site.draft));
    document["state"] = name_of(site.state);
    document["version"] = site.version;
    document["created_at"] = to_rfc3339(site.created_at);
    document["updated_at"] = to_rfc3339(site.updated_at);
    return document;
}

Site require(std::optional<Site> site) {
    if (!site) not_found("there is no such site");
    return std::move(*site);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kSiteOrder);
    const auto page = query.page("sites", sorting);
    const auto fields = query.fields(kMembers);
    const SiteFilter filter{query.text("name"), query.text("tag", 64), query.boolean("active"), query.name<State>("state"), query.search()};
    query.finish();
    const auto sites = call.transact(backend, [&](db::Tx& tx) { return site_store::list(tx, filter, sorting, page); });
    std::vector<Json> items;
    for (const auto& site : sites.items) items.push_back(fields.of(present(site)));
    return page_response(call.request, page, std::move(items), [&sites](std::size_t i) { return sites.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_site(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<SiteId>();
    const auto site = call.transact(backend, [&](db::Tx& tx) {
        site_store::insert(tx, {id}, {&draft});
        return require(site_store::find(tx, id));
    });
    return resource_response(call.request, present(site), site.version, 201).with("Location", "/v1/sites/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SiteId>(call, "site_id");
    const auto site = require(call.transact(backend, [&](db::Tx& tx) { return site_store::find(tx, id); }));
    return resource_response(call.request, present(site), site.version);
}

// PUT and PATCH: an edit that changes nothing is no new version.
http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SiteId>(call, "site_id");
    const auto body = read_body(call);
    const auto site = call.transact(backend, [&](db::Tx& tx) {
        auto before = require(site_store::lock(tx, id));
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_site(patch ? patched(write_site(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        site_store::update(tx, {id}, {&draft});
        return require(site_store::find(tx, id));
    });
    return resource_response(call.request, present(site), site.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SiteId>(call, "site_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(site_store::lock(tx, id)).version);
        site_store::remove(tx, {id.value()});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/sites", Permission::sites_read, list},
        {Method::post, "/v1/sites", Permission::sites_write, create},
        {Method::get, "/v1/sites/{site_id}", Permission::sites_read, read},
        {Method::put, "/v1/sites/{site_id}", Permission::sites_write, edit},
        {Method::patch, "/v1/sites/{site_id}", Permission::sites_write, edit},
        {Method::del, "/v1/sites/{site_id}", Permission::sites_write, remove},
    };
}

}  // namespace sonde::controlplane::site_api
