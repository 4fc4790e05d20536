#include "controlplane/api/page/status_page.h"

#include <fmt/format.h>

#include <array>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/identity.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/notify/channel_store.h"
#include "controlplane/events/feed.h"
#include "controlplane/login/login.h"
#include "controlplane/status_page/builder.h"
#include "controlplane/status_page/snapshot_json.h"
#include "controlplane/status_page/store.h"
#include "lib/account/password.h"

namespace sonde::controlplane::status_page_api {
namespace {

using status_page::Access;
using status_page::PageDraft;
using status_page::StoredPage;
namespace store = status_page::store;

constexpr int kMostPages = 200;  // each control plane keeps all of them current
constexpr std::string_view kTokenPrefix = "sondepage_";

// All that an item of the list may have: what is large is asked for page by page.
constexpr std::array<std::string_view, 20> kMembers{"id",       "slug",        "domain",  "title",        "description",   "language", "time_zone", "accent",     "home_url",
                                                    "support_url", "indexed", "shows_uptime", "shows_history", "access",   "days",      "version", "created_at", "updated_at",
                                                    "mail_channel_id", "webhook_subscribers"};

constexpr std::array<SortKey, 5> kOrder{{
    {"id", "p.id", SortKey::Type::whole},
    {"slug", "p.slug", SortKey::Type::text},
    {"title", "lower(p.title)", SortKey::Type::text},
    {"created_at", "p.created_at", SortKey::Type::instant},
    {"updated_at", "p.updated_at", SortKey::Type::instant},
}};

Json present(const StoredPage& page) {
    Json document;
    document["id"] = page.id.text();
    json::add(document, status_page::write_page(page.draft));
    document["version"] = page.version;
    document["created_at"] = to_rfc3339(page.created_at);
    document["updated_at"] = to_rfc3339(page.updated_at);
    return document;
}

Json present_listed(const StoredPage& page) {
    auto document = present(page);
    for (const auto* large : {"logo", "favicon", "css", "accounting", "groups"}) document.erase(large);
    return document;
}

StoredPage require(std::optional<StoredPage> page) {
    if (!page) not_found("there is no such status page");
    return std::move(*page);
}

[[noreturn]] void taken(const db::DbError& error) {
    if (error.failure() != db::Failure::unique) throw error;
    const auto* what = error.constraint() == "status_page_host" ? "another status page has this domain" : "there is a status page of this slug already";
    throw http::ProblemError{http::problem::conflict, what, {}};
}

void check(db::Tx& tx, const PageDraft& draft) {
    const auto monitors = relation::monitors(tx, draft.monitors());
    const auto sites = relation::sites(tx, draft.sites());
    json::Problems problems;
    for (std::size_t g = 0; g < draft.groups.size(); ++g) {
        for (std::size_t c = 0; c < draft.groups[g].components.size(); ++c) {
            const auto& component = draft.groups[g].components[c];
            const auto at = fmt::format("/groups/{}/components/{}", g, c);
            relation::refuse_missing(component.monitors, monitors, at + "/monitors", "there is no such monitor", problems);
            relation::refuse_missing(component.sites, sites, at + "/sites", "there is no such site", problems);
        }
    }
    if (draft.mail_channel) {
        const auto channel = channel_store::find(tx, *draft.mail_channel);
        if (!channel || channel->draft.kind != "email") problems.push_back({"/mail_channel_id", channel ? "is not an e-mail channel" : "there is no such channel"});
    }
    refuse_if_any(problems);
}

// Of the password in a body, if there is one that may be good. To be made before anything is locked, for it takes a tenth of a second.
std::optional<std::string> hash_of_password(Backend& backend, const Json& body) {
    if (!body.is_object()) return std::nullopt;
    const auto password = body.find("password");
    if (password == body.end() || !password->is_string()) return std::nullopt;
    const auto& text = password->get_ref<const std::string&>();
    if (text.empty() || text.size() > account::kMaxPassword) return std::nullopt;
    try {
        return backend.login.hasher.hash(Secret(text));
    } catch (const login::Hasher::Busy&) {
        throw http::ProblemError{http::problem::unavailable, "too many passwords are being looked at: come again", {}};
    }
}

void make_token(StoredPage& page, Secret& made) {
    made = crypto::random_token(kTokenPrefix);
    page.guard.token_digest = crypto::sha256(made.reveal());
    ++page.guard.generation;
}

// The guard that its draft asks for, with the hash of a password that was given. A token that it needs and has not is `made`.
void set_guard(StoredPage& page, const std::optional<std::string>& password_hash, Secret& made) {
    auto& guard = page.guard;
    if (guard.access != page.draft.access) {
        guard = {.access = page.draft.access, .password_hash = {}, .token_digest = {}, .generation = guard.generation + 1};
    }
    if (password_hash) {
        guard.password_hash = *password_hash;
        ++guard.generation;
    }
    if (guard.access == Access::password && guard.password_hash.empty()) refuse_if_any({{"/password", "is needed with `access` \"password\""}});
    if (guard.access == Access::token && guard.token_digest.empty()) make_token(page, made);
}

// With a token that was made: the only answer that ever has it.
http::Response answer(const Call& call, const StoredPage& page, const Secret& made, int status) {
    auto document = present(page);
    auto response = resource_response(call.request, document, page.version, status);
    if (made.empty()) return response;
    document["token"] = made.reveal();
    response.body = json::dump(document);
    return std::move(response).with("Cache-Control", "no-store");
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kOrder);
    const auto page = query.page("status_pages", sorting);
    const auto fields = query.fields(kMembers);
    const auto search = query.search();
    query.finish();
    Conditions conditions;
    if (search) search->add_to(conditions, "searchable(p.slug || ' ' || coalesce(p.host, '') || ' ' || p.title)");
    const auto pages = call.transact(backend, [&](db::Tx& tx) {
        return read_sorted(tx, {store::kSlimColumns, store::kColumnCount, "from status_page p"}, conditions, sorting, page, store::read);
    });
    std::vector<Json> items;
    for (const auto& one : pages.items) items.push_back(fields.of(present_listed(one)));
    return page_response(call.request, page, std::move(items), [&pages](std::size_t i) { return pages.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto body = read_body(call);
    StoredPage page;
    page.id = new_id<StatusPageId>();
    page.draft = status_page::read_page(body, "", problems);
    refuse_if_any(problems);
    Secret made;
    set_guard(page, hash_of_password(backend, body), made);
    page.guard.generation = 1;
    try {
        page = call.transact(backend, [&](db::Tx& tx) {
            relation::lock(tx);
            check(tx, page.draft);
            if (store::count(tx) >= kMostPages) throw http::ProblemError{http::problem::conflict, fmt::format("there are {} status pages, the most there may be", kMostPages), {}};
            store::insert(tx, page);
            return require(store::find(tx, page.id));
        });
    } catch (const db::DbError& error) {
        taken(error);
    }
    return answer(call, page, made, 201).with("Location", "/v1/status-pages/" + page.id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    const auto page = call.transact(backend, [&](db::Tx& tx) { return require(store::find(tx, id)); });
    return resource_response(call.request, present(page), page.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    const auto body = read_body(call);
    const auto password_hash = hash_of_password(backend, body);
    Secret made;
    try {
        const auto page = call.transact(backend, [&](db::Tx& tx) {
            made = {};
            const auto before = require(store::lock(tx, id));
            check_if_match(call.request, before.version);
            json::Problems problems;
            const bool patch = call.endpoint.method == http::Method::patch;
            const auto document = patch ? patched(status_page::write_page(before.draft), body, {"password", "degraded", "unknown", "pending", "maintenance", "paused"}) : body;
            auto after = before;
            after.draft = status_page::read_page(document, "", problems);
            refuse_if_any(problems);
            set_guard(after, password_hash, made);
            if (after.draft == before.draft && after.guard == before.guard) return before;
            check(tx, after.draft);
            store::update(tx, after);
            return require(store::find(tx, id));
        });
        return answer(call, page, made, 200);
    } catch (const db::DbError& error) {
        taken(error);
    }
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(store::lock(tx, id)).version);
        store::remove(tx, id);
    });
    return http::Response::empty();
}

http::Response rotate_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    Secret made;
    const auto page = call.transact(backend, [&](db::Tx& tx) {
        auto after = require(store::lock(tx, id));
        check_if_match(call.request, after.version);
        if (after.draft.access != Access::token) throw http::ProblemError{http::problem::conflict, "the page is not opened by a token: its `access` is another", {}};
        make_token(after, made);
        store::update(tx, after);
        return require(store::find(tx, id));
    });
    return answer(call, page, made, 200);
}

http::Response preview(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = status_page::read_page(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto snapshot = call.transact(backend, [&](db::Tx& tx) {
        check(tx, draft);
        return status_page::build(tx, draft, backend.accounting);
    });
    return http::Response::json(status_page::write_snapshot(snapshot));
}

http::Response snapshot(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    const auto snapshot = call.transact(backend, [&](db::Tx& tx) { return status_page::build(tx, require(store::find(tx, id)).draft, backend.accounting); });
    return http::Response::json(status_page::write_snapshot(snapshot));
}

http::Response listen(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    const auto slug = call.transact(backend, [&](db::Tx& tx) { return require(store::find(tx, id)).draft.slug; });
    if (!backend.listen_to_page) throw http::ProblemError{http::problem::unavailable, "no status pages are served here", {}};
    auto response = backend.listen_to_page(call.request, slug, backend.limits == nullptr ? nullptr : backend.limits->open_stream(call.actor.id));
    backend.events.watch(response.stream, may_still(backend, call));
    return response;
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/status-pages", Permission::pages_read, list},
        {Method::post, "/v1/status-pages", Permission::pages_write, create},
        {Method::post, "/v1/status-pages/preview", Permission::pages_write, preview, kMaxBodyBytes, Once::harmless},
        {Method::get, "/v1/status-pages/{status_page_id}", Permission::pages_read, read},
        {Method::put, "/v1/status-pages/{status_page_id}", Permission::pages_write, edit},
        {Method::patch, "/v1/status-pages/{status_page_id}", Permission::pages_write, edit},
        {Method::del, "/v1/status-pages/{status_page_id}", Permission::pages_write, remove},
        {Method::get, "/v1/status-pages/{status_page_id}/snapshot", Permission::pages_read, snapshot},
        {Method::get, "/v1/status-pages/{status_page_id}/events", Permission::pages_read, listen},
        {Method::post, "/v1/status-pages/{status_page_id}/token", Permission::pages_write, rotate_token},
    };
}

}  // namespace sonde::controlplane::status_page_api
