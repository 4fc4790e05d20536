#include "controlplane/api/incident/notification.h"

#include <algorithm>
#include <unordered_map>

#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/incident/incident_store.h"
#include "controlplane/api/notify/delivery.h"

namespace sonde::controlplane::notification_api {
namespace {

// So many deliveries end a page, however few events they are of; those of one event are never parted.
constexpr std::int64_t kDeliveriesOfPage = 1'000;

constexpr db::Statement kEvents{"notification_events", R"(
    select o.id, o.kind, o.seq, o.at, p.at, (select count(*) from delivery d where d.event_id = o.id)
    from outbox o left join event_planned p on p.event_id = o.id where incident_id = $1 and seq > $2 order by seq limit $3)"};

Json present(const db::Row& row) {
    Json document;
    document["event_id"] = row.id<EventId>(0).text();
    document["event_kind"] = row.text(1);
    document["seq"] = row.whole(2);
    document["at"] = to_rfc3339(row.time(3));
    document["planned_at"] = instant_or_null(row, 4);
    document["deliveries"] = Json::array();
    return document;
}

http::Response list(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto asked = query.page("notifications", 1);
    query.finish();
    return call.transact(backend, [&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found("there is no such incident");
        auto page = asked;
        std::vector<Json> items;
        std::vector<std::int64_t> events;
        std::unordered_map<std::string, std::size_t> place;
        const auto rows = tx.run(kEvents, {id, page.after ? page.after->whole(0) : 0, page.fetch()});
        std::int64_t deliveries = 0;
        for (const auto row : rows) {
            deliveries += row.whole(5);
            // One more than the page has says that there is another page.
            const bool full = deliveries > kDeliveriesOfPage && !items.empty();
            if (full) page.limit = std::min(page.limit, static_cast<int>(items.size()));
            place[row.id<EventId>(0).text()] = items.size();
            events.push_back(row.whole(0));
            items.push_back(present(row));
            if (full) break;
        }
        if (items.size() > static_cast<std::size_t>(page.limit)) events.resize(static_cast<std::size_t>(page.limit));
        for (auto& delivery : deliveries_of_events(tx, events)) items[place.at(delivery["event_id"].get<std::string>())]["deliveries"].push_back(std::move(delivery));
        return page_response(call.request, page, std::move(items), [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(2)}; });
    });
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/incidents/{incident_id}/notifications", Permission::incidents_read, list}}; }

}  // namespace sonde::controlplane::notification_api
