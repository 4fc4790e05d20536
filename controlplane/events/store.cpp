#include "controlplane/events/store.h"

#include <limits>

#include "lib/json/json.h"

namespace sonde::events::store {
namespace {

// Told in order means: of transactions older than any that is under way.
constexpr db::Statement kNewest{"events_newest", R"sql(
select xid::text::bigint, id from outbox where xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid desc, id desc limit 1)sql"};
constexpr db::Statement kFind{"events_find", R"sql(
select xid::text::bigint, id from outbox where id = $1 and xid < pg_snapshot_xmin(pg_current_snapshot()))sql"};
constexpr db::Statement kRead{"events_read", R"sql(
select o.xid::text::bigint, o.id, o.kind, o.site_id, o.incident_id, o.payload::text, (select s.tags from site s where s.id = o.site_id)
from outbox o
where (o.xid, o.id) > ($1::text::xid8, $2) and (o.xid, o.id) <= ($3::text::xid8, $4) and o.xid < pg_snapshot_xmin(pg_current_snapshot())
order by o.xid, o.id limit $5)sql"};

std::string number(std::int64_t transaction) { return std::to_string(transaction); }

Position position(const db::Row& row) { return {row.whole(0), row.id<EventId>(1)}; }

// Documents are our own; one that is not as expected matches fewer filters, and is told as it is.
const Json* member(const Json& document, const char* name) {
    if (!document.is_object()) return nullptr;
    const auto found = document.find(name);
    return found == document.end() ? nullptr : &*found;
}

std::vector<std::string> texts(const Json& document, const char* name) {
    std::vector<std::string> all;
    const auto* items = member(document, name);
    if (items == nullptr || !items->is_array()) return all;
    for (const auto& item : *items) {
        if (item.is_string()) all.push_back(item.get<std::string>());
    }
    return all;
}

void add_monitor(const Json* monitor, std::vector<MonitorId>& all) {
    const auto* id = monitor == nullptr ? nullptr : member(*monitor, "id");
    if (id == nullptr || !id->is_string()) return;
    if (const auto known = MonitorId::parse(id->get_ref<const std::string&>())) all.push_back(*known);
}

Event event(const db::Row& row) {
    Event event;
    event.at = position(row);
    event.kind = row.text(2);
    event.site = row.maybe(3, &db::Row::id<SiteId>);
    if (!row.is_null(6)) event.site_tags = row.texts(6);
    event.incident = row.maybe(4, &db::Row::id<IncidentId>);
    if (const auto document = json::parse(row.text(5))) {
        event.tags = texts(*document, "tags");
        event.regions = texts(*document, "regions");
        add_monitor(member(*document, "monitor"), event.monitors);
        const auto* incident = member(*document, "incident");
        const auto* monitors = incident == nullptr ? nullptr : member(*incident, "monitors");
        if (monitors != nullptr && monitors->is_array()) {
            for (const auto& monitor : *monitors) add_monitor(&monitor, event.monitors);
        }
    }
    event.document = row.text(5);
    event.frame = http::encode({.type = "", .data = event.document, .id = event.at.id.text()});
    return event;
}

}  // namespace

Position newest(db::Tx& tx) {
    const auto rows = tx.run(kNewest);
    return rows.empty() ? Position{} : position(rows[0]);
}

std::optional<Position> find(db::Tx& tx, EventId id) {
    const auto rows = tx.run(kFind, {id});
    if (rows.empty()) return std::nullopt;
    return position(rows[0]);
}

std::vector<Event> read(db::Tx& tx, const Position& after, const std::optional<Position>& until, int limit) {
    constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
    const auto last = until.value_or(Position{kLast, EventId{kLast}});
    std::vector<Event> events;
    for (const auto row : tx.run(kRead, {number(after.transaction), after.id, number(last.transaction), last.id, limit})) events.push_back(event(row));
    return events;
}

}  // namespace sonde::events::store
