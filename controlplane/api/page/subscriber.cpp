#include "controlplane/api/page/subscriber.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/page.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/history/csv.h"
#include "controlplane/status_page/store.h"
#include "controlplane/status_page/subscribe/store.h"

namespace sonde::controlplane::subscriber_api {
namespace {

using status_page::subscribe::Subscriber;
namespace store = status_page::subscribe::store;

constexpr int kAtOnce = 1'000;

Json or_null(const std::optional<TimePoint>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

Json present(const Subscriber& subscriber) {
    return {{"id", subscriber.id.text()},
            {"kind", name_of(subscriber.kind)},
            {"address", subscriber.address},
            {"components", subscriber.components},
            {"language", subscriber.language},
            {"state", subscriber.confirmed ? "confirmed" : "pending"},
            {"created_at", to_rfc3339(subscriber.created_at)},
            {"confirmed_at", or_null(subscriber.confirmed_at)}};
}

StatusPageId require_page(db::Tx& tx, const Call& call) {
    const auto id = path_id<StatusPageId>(call, "status_page_id");
    if (!status_page::store::find(tx, id)) not_found("there is no such status page");
    return id;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("subscribers", 1);
    query.finish();
    const SubscriberId after{page.after ? page.after->whole(0) : 0};
    const auto subscribers = call.transact(backend, [&](db::Tx& tx) { return store::list(tx, backend.secrets, require_page(tx, call), after, page.fetch()); });
    std::vector<Json> items;
    for (const auto& one : subscribers) items.push_back(present(one));
    return page_response(call.request, page, std::move(items), [&](std::size_t i) { return std::vector<Cursor::Value>{subscribers[i].id.value()}; }).with("Cache-Control", "no-store");
}

std::string line_of(const Subscriber& subscriber) {
    using history::Text;
    return history::csv_line({subscriber.id.text(), std::string(name_of(subscriber.kind)), Text{subscriber.address}, Text{fmt::format("{}", fmt::join(subscriber.components, " "))},
                              subscriber.language, std::string(subscriber.confirmed ? "confirmed" : "pending"), to_rfc3339(subscriber.created_at),
                              subscriber.confirmed_at ? to_rfc3339(*subscriber.confirmed_at) : std::string()});
}

http::Response export_all(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const std::string header = history::csv_line({"id", "kind", "address", "components", "language", "state", "created_at", "confirmed_at"});
    StatusPageId id;
    const auto text = call.transact(backend, [&](db::Tx& tx) {
        id = require_page(tx, call);
        auto lines = header;
        SubscriberId after{};
        for (;;) {
            const auto some = store::list(tx, backend.secrets, id, after, kAtOnce);
            for (const auto& one : some) lines += line_of(one);
            if (some.size() < static_cast<std::size_t>(kAtOnce)) return lines;
            after = some.back().id;
        }
    });
    return http::Response::text(text, "text/csv; charset=utf-8; header=present")
        .with("Content-Disposition", fmt::format("attachment; filename=\"subscribers-{}.csv\"", id.text()))
        .with("Cache-Control", "no-store");
}

http::Response erase(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SubscriberId>(call, "subscriber_id");
    call.transact(backend, [&](db::Tx& tx) {
        const auto subscriber = store::find(tx, backend.secrets, require_page(tx, call), id);
        if (!subscriber) not_found("there is no such subscriber");
        store::erase_audited(tx, *subscriber);
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/status-pages/{status_page_id}/subscribers", Permission::pages_subscribers, list},
        {Method::get, "/v1/status-pages/{status_page_id}/subscribers/export", Permission::pages_subscribers, export_all},
        {Method::del, "/v1/status-pages/{status_page_id}/subscribers/{subscriber_id}", Permission::pages_subscribers, erase},
    };
}

}  // namespace sonde::controlplane::subscriber_api
