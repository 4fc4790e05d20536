// The ledger's SQL. Threads are explained in notifier/core/supersede.h: of an incident they are ordered by its seq, of anything
// else by the event's number.
//
// The queue of what is due grows and shrinks faster than the planner's statistics follow, so some of these are written in a way
// that leaves it one good plan: `offset 0` keeps a condition from becoming a join over the whole queue, and SONDE_UNFINISHED does
// not imply the predicate of the indexes over the queue, so that a look-up by incident goes by incident.
#pragma once

#include "lib/db/db.h"

// What an event that belongs to no incident is about, from its outbox row; null if it stands alone. As the index
// outbox_by_subject has it.
#define SONDE_SUBJECT(row)                                                                          \
    "split_part(" row ".kind, '.', 1) || ':' || coalesce(" row ".payload #>> '{advisory,id}', " row \
    ".payload #>> '{coverage,region}', " row ".payload #>> '{maintenance,id}', " row                                \
    ".payload #>> '{group,id}', " row ".payload #>> '{monitor,id}')"
#define SONDE_SAME_SUBJECT(one, other) SONDE_SUBJECT(one) " = " SONDE_SUBJECT(other)

#define SONDE_UNFINISHED(row) row ".state not in ('sent', 'superseded', 'dead', 'not_sent')"

// No earlier delivery of the incident of `d` is unfinished on its channel.
#define SONDE_FIRST_OF_INCIDENT                                                                                                 \
    "not exists (select from delivery b where b.incident_id = d.incident_id and b.channel_id = d.channel_id and b.seq < d.seq " \
    "and " SONDE_UNFINISHED("b") " offset 0)"

namespace sonde::notifier::statement {

inline constexpr db::Statement take_events{"notifier_take_events", R"sql(
    select id, kind, incident_id, seq from outbox where planned_at is null order by id limit $1 for update skip locked)sql"};

inline constexpr db::Statement subscribers{"notifier_subscribers", R"sql(
    select id, enabled, events from channel where deleted_at is null order by id)sql"};

inline constexpr db::Statement insert_deliveries{"notifier_insert_deliveries", R"sql(
    insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, reason, next_at, done_at)
    select n.id, n.event_id, n.channel_id, o.kind, o.incident_id, o.seq, n.state, n.reason, now(),
           case when n.state = 'not_sent' then now() end
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) as n(id, event_id, channel_id, state, reason)
    join outbox o on o.id = n.event_id
    on conflict (event_id, channel_id) do nothing)sql"};

inline constexpr db::Statement set_planned{"notifier_set_planned", R"sql(
    update outbox set planned_at = now() where id = any($1::bigint[]))sql"};

// Waiting deliveries of the threads of events ($1) that were just planned.
inline constexpr db::Statement waiting{"notifier_waiting", R"sql(
    select d.id from outbox n join delivery d on d.incident_id = n.incident_id
    where n.id = any($1::bigint[]) and d.state <> 'sending' and )sql" SONDE_UNFINISHED("d") R"sql(
    for update of d skip locked)sql"};
inline constexpr db::Statement waiting_without_incident{"notifier_waiting_without_incident", R"sql(
    select d.id from outbox n join outbox o on o.incident_id is null and )sql" SONDE_SAME_SUBJECT("o", "n") R"sql(
    join delivery d on d.event_id = o.id
    where n.id = any($1::bigint[]) and n.incident_id is null and d.state <> 'sending' and )sql" SONDE_UNFINISHED("d") R"sql(
    for update of d skip locked)sql"};

// For each of these deliveries after which its thread went on, with which kinds of events.
inline constexpr db::Statement later_kinds{"notifier_later_kinds",
                                           R"sql(
    select d.id, d.event_kind, array_agg(distinct later.kind)
    from delivery d join outbox o on o.id = d.event_id
    cross join lateral (
        select n.kind from outbox n where n.incident_id = d.incident_id and n.seq > d.seq
        union all
        select n.kind from outbox n
        where d.incident_id is null and n.id > d.event_id and n.incident_id is null and )sql" SONDE_SAME_SUBJECT("n", "o") R"sql(
    ) later
    where d.id = any($1::bigint[])
    group by d.id, d.event_kind)sql"};

// $1, $2: channels with deliveries under way, and how many; $3: those deliveries; $4: most for one channel; $5: most in all.
// An event that is not planned yet may still put a delivery before a later one of its incident, which therefore waits for it.
inline constexpr db::Statement due{"notifier_due",
                                   R"sql(
    select due.id, c.id, c.enabled, c.deleted_at is not null, c.kind, c.config::text, c.secrets,
           o.id, o.kind, o.at, o.payload::text, due.attempts
    from channel c
    left join unnest($1::bigint[], $2::int[]) as busy(channel_id, deliveries) on busy.channel_id = c.id
    cross join lateral (
        select d.id, d.event_id, d.attempts, d.next_at
        from delivery d
        where d.channel_id = c.id and d.next_at <= now() and d.state in ('planned', 'sending') and d.id <> all($3::bigint[])
          and (d.state = 'planned' or d.lease_until <= now())
          and )sql" SONDE_FIRST_OF_INCIDENT R"sql(
          and not exists (select from outbox b
                          where b.incident_id = d.incident_id and b.seq < d.seq and b.planned_at is null offset 0)
          and (d.incident_id is not null or not exists (
                   select from outbox e
                   join outbox p on p.incident_id is null and p.id < e.id and )sql" SONDE_SAME_SUBJECT("p", "e") R"sql(
                   join delivery b on b.event_id = p.id and b.channel_id = d.channel_id
                   where e.id = d.event_id and )sql" SONDE_UNFINISHED("b") R"sql( offset 0))
        order by d.next_at
        limit greatest($4 - coalesce(busy.deliveries, 0), 0)
        for update of d skip locked
    ) due
    join outbox o on o.id = due.event_id
    order by due.next_at, due.id
    limit $5)sql"};

inline constexpr db::Statement close{"notifier_close", R"sql(
    update delivery d set state = x.state, reason = x.reason, done_at = now(), lease_owner = null, lease_until = null
    from unnest($1::bigint[], $2::text[], $3::text[]) as x(id, state, reason) where d.id = x.id)sql"};

inline constexpr db::Statement take{"notifier_take", R"sql(
    update delivery set state = 'sending', attempts = attempts + 1, lease_owner = $2,
           lease_until = now() + $3 * interval '1 millisecond', next_at = now() + $3 * interval '1 millisecond'
    where id = any($1::bigint[]))sql"};

inline constexpr db::Statement begin_attempts{"notifier_begin_attempts", R"sql(
    insert into delivery_attempt (delivery_id, number, started_at)
    select id, attempts, clock_timestamp() from delivery where id = any($1::bigint[]))sql"};

inline constexpr db::Statement extend{"notifier_extend", R"sql(
    update delivery set lease_until = now() + $3 * interval '1 millisecond', next_at = now() + $3 * interval '1 millisecond'
    where id = any($1::bigint[]) and lease_owner = $2 and state = 'sending')sql"};

inline constexpr db::Statement hold{"notifier_hold", R"sql(
    select state, attempts, lease_owner is not distinct from $2, created_at, now() from delivery where id = $1 for update)sql"};

inline constexpr db::Statement end_attempt{"notifier_end_attempt", R"sql(
    update delivery_attempt
    set finished_at = greatest(started_at, clock_timestamp() - $3 * interval '1 millisecond'),
        http_status = $4, error = $5, response = $6
    where delivery_id = $1 and number = $2 and finished_at is null)sql"};

inline constexpr db::Statement settle{"notifier_settle", R"sql(
    update delivery set state = $2, reason = $3, next_at = $4, lease_owner = null, lease_until = null,
           done_at = case when $2 in ('planned', 'sending') then null else now() end
    where id = $1)sql"};

inline constexpr db::Statement abandon_attempts{"notifier_abandon_attempts", R"sql(
    update delivery_attempt a set finished_at = clock_timestamp(), error = $3
    from delivery d
    where d.lease_owner = $1 and d.state = 'sending' and d.id <> all($2::bigint[])
      and a.delivery_id = d.id and a.number = d.attempts and a.finished_at is null)sql"};
inline constexpr db::Statement abandon{"notifier_abandon", R"sql(
    update delivery set state = 'planned', lease_owner = null, lease_until = null, next_at = now()
    where lease_owner = $1 and state = 'sending' and id <> all($2::bigint[]))sql"};

inline constexpr db::Statement backlog{"notifier_backlog", R"sql(
    select (select coalesce(extract(epoch from now() - min(at)) * 1000, 0)::bigint from outbox where planned_at is null),
           (select coalesce(extract(epoch from now() - min(d.next_at)) * 1000, 0)::bigint from delivery d
            where d.state in ('planned', 'sending') and d.next_at <= now() and )sql" SONDE_FIRST_OF_INCIDENT R"sql(),
           coalesce(extract(epoch from now() - min(created_at)) * 1000, 0)::bigint,
           count(*)
    from delivery where state in ('planned', 'sending'))sql"};

}  // namespace sonde::notifier::statement

#undef SONDE_FIRST_OF_INCIDENT
#undef SONDE_UNFINISHED
#undef SONDE_SAME_SUBJECT
#undef SONDE_SUBJECT
