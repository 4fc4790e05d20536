#include "controlplane/api/notify/delivery.h"

#include <fmt/format.h>

#include <unordered_map>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/stored.h"
#include "lib/base/routing_id.h"

namespace sonde::controlplane {
namespace {

constexpr std::string_view kSelect = R"(
    select d.id, d.channel_id, c.name, d.event_id, d.event_kind, d.incident_id, d.seq, d.state, d.reason, d.next_at, d.created_at, d.done_at, d.via,
           d.route_id, d.told_by, r.name
    from delivery d join channel c on c.id = d.channel_id left join route r on r.id = d.route_id )";

constexpr db::Statement kAttempts{"delivery_attempts", R"(
    select delivery_id, number, started_at, finished_at, http_status, error, response
    from delivery_attempt where delivery_id = any($1::bigint[]) order by delivery_id, number)"};

// What decided on the channel, in words.
std::string chosen(std::string_view via, const std::string& route) {
    if (via == "route") return route.empty() ? "a route that is gone named it" : fmt::format("the route \"{}\" names it", route);
    if (via == "site") return "the site's override names it";
    if (via == "follow_up") return "it heard of the incident before";
    if (via == "fallback") return "it stands in for a channel that could not be told";
    if (via == "escalation") return "a step of an escalation names it";
    return "it asks for such events itself";
}

// Why it is as it is, in words. Of a reason that only a newer notifier knows, its name.
std::string why(const db::Row& row) {
    const auto state = row.text(7);
    const auto reason = row.text(8);
    if (state == "superseded") return fmt::format("newer news of the same thing made it old ({})", reason);
    if (reason.empty() || state == "sent") return chosen(row.text(12), row.is_null(15) ? std::string() : std::string(row.text(15)));
    static const std::unordered_map<std::string_view, std::string_view> kWords{
        {"channel_disabled", "the channel is disabled"},
        {"channel_deleted", "the channel was deleted"},
        {"not_subscribed", "it does not ask for such events"},
        {"not_routed", "routes name it, but none that was met"},
        {"muted", "the site's override mutes it"},
        {"replaced", "the site's override has others in its place"},
        {"not_told", "it never heard of what this is the end of"},
        {"grouped", "it is told together with other news"},
        {"quiet_hours", "it waits until quiet hours are over"},
        {"receiver_gone", "the receiver asks for nothing more (410)"},
        {"receiver_refused", "the receiver refused what a repetition would not change"},
        {"gave_up", "nobody took it for as long as deliveries are attempted"}};
    const auto found = kWords.find(reason);
    return std::string(found == kWords.end() ? reason : found->second);
}

Json present(const db::Row& row) {
    const auto state = row.text(7);
    Json document;
    document["id"] = row.id<DeliveryId>(0).text();
    document["channel_id"] = row.id<ChannelId>(1).text();
    document["channel_name"] = row.text(2);
    document["event_id"] = row.id<EventId>(3).text();
    document["event_kind"] = row.text(4);
    document["incident_id"] = row.is_null(5) ? Json(nullptr) : Json(row.id<IncidentId>(5).text());
    document["seq"] = row.is_null(6) ? Json(nullptr) : Json(row.whole(6));
    document["state"] = state;
    document["reason"] = row.text(8);
    document["why"] = why(row);
    document["via"] = row.text(12);
    document["route_id"] = row.is_null(13) ? Json(nullptr) : Json(row.id<RouteId>(13).text());
    document["told_by_event_id"] = row.is_null(14) ? Json(nullptr) : Json(row.id<EventId>(14).text());
    document["next_at"] = state == "planned" || state == "sending" ? Json(to_rfc3339(row.time(9))) : Json(nullptr);
    document["created_at"] = to_rfc3339(row.time(10));
    document["done_at"] = instant_or_null(row, 11);
    document["attempts"] = Json::array();
    return document;
}

Json present_attempt(const db::Row& row) {
    Json document;
    document["number"] = row.small(1);
    document["started_at"] = to_rfc3339(row.time(2));
    document["finished_at"] = instant_or_null(row, 3);
    document["http_status"] = row.is_null(4) ? Json(nullptr) : Json(row.small(4));
    document["error"] = text_or_null(row, 5);
    document["response"] = text_or_null(row, 6);
    return document;
}

// The deliveries of `rows`, each with its attempts, in two statements however many there are.
std::vector<Json> with_attempts(db::Tx& tx, const db::Rows& rows) {
    std::vector<Json> items;
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, std::size_t> place;
    for (const auto row : rows) {
        place[row.whole(0)] = items.size();
        ids.push_back(row.whole(0));
        items.push_back(present(row));
    }
    if (ids.empty()) return items;
    for (const auto row : tx.run(kAttempts, {ids})) items[place.at(row.whole(0))]["attempts"].push_back(present_attempt(row));
    return items;
}

}  // namespace

http::Response list_deliveries(db::Tx& tx, const http::Request& request, const Page& page, std::string_view condition,
                               std::int64_t value) {
    Conditions conditions;
    conditions.add(condition, {value});
    if (page.after) conditions.add("d.id < ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    const auto rows =
        tx.run_text(fmt::format("{}{} order by d.id desc limit {}", kSelect, conditions.where(), limit), conditions.params());
    return page_response(request, page, with_attempts(tx, rows),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

std::vector<Json> deliveries_of_events(db::Tx& tx, const std::vector<std::int64_t>& events) {
    return with_attempts(tx, tx.run_text(fmt::format("{}where d.event_id = any($1::bigint[]) order by d.id", kSelect), {events}));
}

Json deliveries_of_incident(db::Tx& tx, IncidentId incident, int limit) {
    const auto rows =
        tx.run_text(fmt::format("{}where d.incident_id = $1 order by d.seq, d.id limit $2", kSelect), {incident, limit});
    return with_attempts(tx, rows);
}

}  // namespace sonde::controlplane
