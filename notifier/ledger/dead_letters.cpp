#include "notifier/ledger/dead_letters.h"

#include "lib/base/instant.h"
#include "notifier/core/dead_letter.h"

namespace sonde::notifier {
namespace {

constexpr db::Statement kDead{"dead_letters", R"sql(
    select d.id, d.event_id, d.event_kind, d.incident_id, d.channel_id, c.name, d.reason, d.attempts, coalesce(a.error, a.response, ''), a.http_status,
           o.payload::text, o.site_id, now()
    from delivery d join channel c on c.id = d.channel_id join outbox o on o.id = d.event_id
    left join lateral (select error, response, http_status from delivery_attempt where delivery_id = d.id order by number desc limit 1) a on true
    where d.id = any($1::bigint[]) and d.event_kind <> 'delivery.dead')sql"};

constexpr db::Statement kTell{"dead_letter", "insert into outbox (id, at, kind, site_id, payload) values ($1, $2, 'delivery.dead', $3, $4::jsonb)"};
constexpr db::Statement kNotify{"dead_letter_notify", "select pg_notify('sonde_outbox', '')"};

}  // namespace

void tell_dead(db::Tx& tx, const std::vector<std::int64_t>& deliveries) {
    if (deliveries.empty()) return;
    const auto rows = tx.run(kDead, {deliveries});
    for (const auto row : rows) {
        DeadLetter letter{.delivery = row.id<DeliveryId>(0),
                          .event = row.id<EventId>(1),
                          .event_kind = std::string(row.text(2)),
                          .incident = {},
                          .channel = row.id<ChannelId>(4),
                          .channel_name = std::string(row.text(5)),
                          .reason = std::string(row.text(6)),
                          .attempts = row.small(7),
                          .error = std::string(row.text(8)),
                          .status = row.maybe(9, &db::Row::small),
                          .document = {}};
        if (!row.is_null(3)) letter.incident = row.id<IncidentId>(3);
        if (const auto document = json::parse(row.text(10))) letter.document = *document;
        const auto event = new_id<EventId>();
        tx.run(kTell, {event, row.time(12), row.maybe(11, &db::Row::whole), json::dump(dead_letter_event(event, row.time(12), letter))});
    }
    if (!rows.empty()) tx.run(kNotify);
}

}  // namespace sonde::notifier
