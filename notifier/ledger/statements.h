// The ledger's SQL. Threads are explained in notifier/core/supersede.h: of an incident they are ordered by its seq, of anything
// else by the event's number.
//
// The queue of what is due grows and shrinks faster than the planner's statistics follow, so some of these are written in a way
// that leaves it one good plan: `offset 0` keeps a condition from becoming a join over the whole queue, and SONDE_UNFINISHED does
// not imply the predicate of the indexes over the queue, so that a look-up by incident goes by incident.
#pragma once

#include "lib/db/db.h"

#define SONDE_UNFINISHED(row) row ".state not in ('sent', 'superseded', 'dead', 'not_sent')"

// No earlier delivery of the incident of `d` is unfinished on its channel.
#define SONDE_FIRST_OF_INCIDENT                                                                                                 \
    "not exists (select from delivery b where b.incident_id = d.incident_id and b.channel_id = d.channel_id and b.seq < d.seq " \
    "and " SONDE_UNFINISHED("b") " offset 0)"

// What is told about one thing, as text.
#define SONDE_THREAD(row) "coalesce('incident:' || " row ".incident_id, " row ".subject)"

namespace sonde::notifier::statement {

// One notifier plans at a time, so that what channels know of an incident is what all earlier events of it have made known.
inline constexpr db::Statement plan_alone{"notifier_plan_alone", R"sql(
    select pg_try_advisory_xact_lock(hashtextextended('sonde notifier plans', 0)), now(),
           exists (select from digest where due_at <= now() and closed_at is null))sql"};

// Of those after $2. An event waits for those before it of its incident, which may have higher numbers if others wrote them.
inline constexpr db::Statement take_events{"notifier_take_events", R"sql(
    select o.id, o.kind, o.incident_id, o.site_id, coalesce(payload #>> '{incident,severity}', payload #>> '{delivery,severity}', ''),
           array(select jsonb_array_elements_text(case jsonb_typeof(payload -> 'tags') when 'array' then payload -> 'tags' else '[]' end)),
           array(select jsonb_array_elements_text(case jsonb_typeof(payload -> 'regions') when 'array' then payload -> 'regions' else '[]' end))
               || array_remove(array[payload #>> '{coverage,region}', payload #>> '{region,name}'], null),
           case kind when 'delivery.dead' then payload #>> '{channel,id}' end,
           coalesce(payload #>> '{incident,state}' = 'acknowledged', false), least(at, now()),
           case kind when 'incident.escalated' then payload #>> '{incident,escalation}' when 'incident.reminder' then payload #>> '{incident,reminder}' end
    from (select event_id from event_to_plan n
          where event_id > $2 and not exists (select from event_to_plan b where b.incident_id = n.incident_id and b.seq < n.seq
                                                   and (b.event_id > n.event_id or b.event_id <= $2) offset 0)
          order by event_id limit $1) next
    cross join lateral (select * from outbox where id = next.event_id offset 0) o
    order by o.id)sql"};

inline constexpr db::Statement routes{"notifier_routes", R"sql(
    select r.id, severities, tags, events, regions, sites, r.channels, proceed, reminders::text, e.id, (e.steps -> 0 ->> 'after_ms')::bigint
    from route r left join escalation e on e.id = r.escalation_id where enabled order by position, r.id)sql"};

inline constexpr db::Statement overrides{"notifier_overrides", R"sql(
    select site_id, added, muted, replaced, o.id, reminders::text, e.id, (e.steps -> 0 ->> 'after_ms')::bigint
    from route_override o left join escalation e on e.id = o.escalation_id where site_id = any($1::bigint[]))sql"};

// Who heard of these incidents' openings since each was resolved the last time.
inline constexpr db::Statement known{"notifier_known", R"sql(
    select d.incident_id, d.channel_id, bool_or(d.via <> 'subscription'),
           coalesce((array_agg(coalesce(d.digest_id, 0) order by d.seq desc) filter (where d.opens or d.event_kind in ('incident.opened', 'incident.reopened')))[1], 0)
    from delivery d
    where d.incident_id = any($1::bigint[]) and (d.state <> 'not_sent' or d.digest_id is not null)
      and (d.opens or d.via = 'escalation' or d.event_kind in ('incident.opened', 'incident.reopened'))
      and not (d.via = 'escalation' and d.state = 'superseded')
      and not exists (select from outbox r where r.incident_id = d.incident_id and r.seq > d.seq and r.kind = 'incident.resolved'
                      and not exists (select from event_to_plan p where p.event_id = r.id) offset 0)
    group by d.incident_id, d.channel_id)sql"};

inline constexpr db::Statement subscribers{"notifier_subscribers", R"sql(
    select id, enabled, events, name, kind, flow::text, fallback_channel_id from channel where deleted_at is null order by id)sql"};

inline constexpr db::Statement insert_deliveries{"notifier_insert_deliveries", R"sql(
    insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, reason, via, route_id, opens, digest_id, next_at, done_at)
    select n.id, n.event_id, n.channel_id, o.kind, o.incident_id, o.seq, n.state, n.reason, n.via, nullif(n.route_id, 0), n.opens, nullif(n.digest_id, 0),
           now(), case when n.state = 'not_sent' then now() end
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::boolean[], $9::bigint[])
         as n(id, event_id, channel_id, state, reason, via, route_id, opens, digest_id)
    join outbox o on o.id = n.event_id
    on conflict (event_id, channel_id) do nothing)sql"};

inline constexpr db::Statement set_planned{"notifier_set_planned", R"sql(
    with planned as (delete from event_to_plan where event_id between $2 and $3 and event_id = any($1::bigint[]) returning event_id)
    insert into event_planned (event_id) select event_id from planned)sql"};

// Waiting deliveries of the threads of events ($1) that were just planned.
inline constexpr db::Statement waiting{"notifier_waiting", R"sql(
    select d.id from outbox n join delivery d on d.incident_id = n.incident_id
    where n.id = any($1::bigint[]) and d.state <> 'sending' and )sql" SONDE_UNFINISHED("d") R"sql(
    for update of d skip locked)sql"};
inline constexpr db::Statement waiting_without_incident{"notifier_waiting_without_incident", R"sql(
    select d.id from outbox n join outbox o on o.incident_id is null and o.subject = n.subject
    join delivery d on d.event_id = o.id
    where n.id = any($1::bigint[]) and n.incident_id is null and d.state <> 'sending' and )sql" SONDE_UNFINISHED("d") R"sql(
    for update of d skip locked)sql"};

// What quiet hours hold back of an incident is looked at again when there is news of it: it may have become what they let through.
inline constexpr db::Statement reconsider{"notifier_reconsider", R"sql(
    update delivery d set next_at = now(), reason = '' from outbox n
    where n.id = any($1::bigint[]) and d.incident_id = n.incident_id and d.state = 'planned' and d.reason = 'quiet_hours')sql"};

// For each of these deliveries after which its thread went on, with which kinds of events. One that tells a channel of an incident is as its opening, but a
// step of an escalation is what it is. Of steps and reminders those count that are for the same channel.
inline constexpr db::Statement later_kinds{"notifier_later_kinds",
                                           R"sql(
    select d.id, case when d.opens and d.via <> 'escalation' then 'incident.opened' else d.event_kind end, array_agg(distinct later.kind)
    from delivery d join outbox o on o.id = d.event_id
    cross join lateral (
        select n.kind from outbox n where n.incident_id = d.incident_id and n.seq > d.seq
            and (n.kind not in ('incident.escalated', 'incident.reminder')
                 or exists (select from delivery e where e.event_id = n.id and e.channel_id = d.channel_id and e.state <> 'not_sent' offset 0))
        union all
        select n.kind from outbox n
        where d.incident_id is null and n.id > d.event_id and n.incident_id is null and n.subject = o.subject
    ) later
    where d.id = any($1::bigint[])
    group by d.id)sql"};

// $1, $2: channels with less room than others, and how much; $3: deliveries under way; $4: the room of the others; $5: most in all; $6: kinds that have a rate; $7: channels whose gates are held.
// What is planned for a channel between the look at gates and this one waits for the next: it may not be sent without its gate.
// Openings go first: what they tell is news, and there may not be room for all.
// An event that is not planned yet may still put a delivery before a later one of its incident, which therefore waits for it.
inline constexpr db::Statement due{"notifier_due",
                                   R"sql(
    select due.id, c.id, c.enabled, c.deleted_at is not null, c.kind, c.config::text, c.secrets,
           o.id, o.kind, o.at, o.payload::text, due.attempts, c.place,
           (select t.remembered::text from channel_thread t
            where t.channel_id = c.id and t.thread = )sql" SONDE_THREAD("o") R"sql( and t.place = c.place),
           case when jsonb_typeof(c.flow -> 'quiet_hours') = 'object' then c.flow::text end,
           coalesce(case when o.incident_id is not null and jsonb_typeof(c.flow -> 'quiet_hours') = 'object' then
                        (select n.payload #>> '{incident,severity}' from outbox n where n.incident_id = o.incident_id order by n.seq desc limit 1) end,
                    o.payload #>> '{incident,severity}', o.payload #>> '{digest,severity}', o.payload #>> '{delivery,severity}', ''), now(), due.reached,
           c.templates::text
    from (select n.*, md5(n.config::text || n.secrets::text) as place,
                 h.open_since is not null or n.kind = any($6::text[]) or jsonb_typeof(n.flow -> 'rate') = 'object' as limited
          from channel n left join channel_health h on h.channel_id = n.id) c
    left join unnest($1::bigint[], $2::int[]) as room(channel_id, deliveries) on room.channel_id = c.id
    cross join lateral (
        select d.id, d.event_id, d.attempts, d.rank, d.next_at, d.reached
        from delivery d
        where d.channel_id = c.id and d.next_at <= now() and d.state in ('planned', 'sending') and d.id <> all($3::bigint[])
          and (d.state = 'planned' or d.lease_until <= now())
          and )sql" SONDE_FIRST_OF_INCIDENT R"sql(
          and not exists (select from event_to_plan b where b.incident_id = d.incident_id and b.seq < d.seq offset 0)
          and (d.incident_id is not null or not exists (
                   select from outbox e
                   join outbox p on p.incident_id is null and p.id < e.id and p.subject = e.subject
                   join delivery b on b.event_id = p.id and b.channel_id = d.channel_id
                   where e.id = d.event_id and )sql" SONDE_UNFINISHED("b") R"sql( offset 0))
        order by d.rank, d.next_at
        limit case when c.limited and c.id <> all($7::bigint[]) then 0 else greatest(coalesce(room.deliveries, $4), 0) end
        for update of d skip locked
    ) due
    join outbox o on o.id = due.event_id
    order by due.rank, due.next_at, due.id
    limit $5)sql"};

// Ends ($1) of incidents whose opening quiet hours held back until it was old, so that the channel never heard of them.
inline constexpr db::Statement never_told{"notifier_never_told", R"sql(
    select d.id
    from delivery d
    cross join lateral (select coalesce(max(r.seq), 0) as seq from outbox r
                        where r.incident_id = d.incident_id and r.seq < d.seq and r.kind = 'incident.resolved') ended
    cross join lateral (
        select coalesce(bool_or(b.rank = 0 and b.held_until is not null and b.state = 'superseded'), false) as held,
               coalesce(bool_or(b.attempts > 0 or b.digest_id is not null), false) as told
        from delivery b where b.incident_id = d.incident_id and b.channel_id = d.channel_id and b.seq > ended.seq and b.seq < d.seq
    ) before
    where d.id = any($1::bigint[]) and d.event_kind = 'incident.resolved' and d.attempts = 0 and before.held and not before.told)sql"};

inline constexpr db::Statement hold_back{"notifier_hold_back", R"sql(
    update delivery d set state = 'planned', reason = 'quiet_hours', next_at = x.until, held_until = x.until, lease_owner = null, lease_until = null
    from unnest($1::bigint[], $2::timestamptz[]) as x(id, until) where d.id = x.id)sql"};

// Of channels ($1) that are not tried: what has waited for as long as anything may ($2 milliseconds).
inline constexpr db::Statement expired{"notifier_expired", R"sql(
    select id from delivery
    where channel_id = any($1::bigint[]) and state = 'planned' and next_at <= now() and greatest(created_at, held_until) <= now() - $2 * interval '1 millisecond'
    limit 100 for update skip locked)sql"};

inline constexpr db::Statement close{"notifier_close", R"sql(
    update delivery d set state = x.state, reason = x.reason, done_at = now(), lease_owner = null, lease_until = null
    from unnest($1::bigint[], $2::text[], $3::text[]) as x(id, state, reason) where d.id = x.id)sql"};

inline constexpr db::Statement take{"notifier_take", R"sql(
    update delivery set state = 'sending', reason = '', attempts = attempts + 1, lease_owner = $2,
           lease_until = now() + $3 * interval '1 millisecond', next_at = now() + $3 * interval '1 millisecond'
    where id = any($1::bigint[]))sql"};

inline constexpr db::Statement begin_attempts{"notifier_begin_attempts", R"sql(
    insert into delivery_attempt (delivery_id, number, started_at)
    select id, attempts, clock_timestamp() from delivery where id = any($1::bigint[]))sql"};

inline constexpr db::Statement extend{"notifier_extend", R"sql(
    update delivery set lease_until = now() + $3 * interval '1 millisecond', next_at = now() + $3 * interval '1 millisecond'
    where id = any($1::bigint[]) and lease_owner = $2 and state = 'sending')sql"};

// In an order that all notifiers have.
inline constexpr db::Statement hold{"notifier_hold", R"sql(
    select d.id, d.state, d.attempts, d.lease_owner is not distinct from $2, greatest(d.created_at, d.held_until), now(), d.channel_id,
           h.failures > 0 or h.open_since is not null,
           coalesce((select a.started_at from delivery_attempt a where a.delivery_id = d.id and a.number = d.attempts), now())
    from delivery d join channel_health h on h.channel_id = d.channel_id
    where d.id = any($1::bigint[]) order by d.id for update of d)sql"};

// Returns those that had no end yet.
inline constexpr db::Statement end_attempts{"notifier_end_attempts", R"sql(
    update delivery_attempt a
    set finished_at = greatest(started_at, clock_timestamp() - x.ago_ms * interval '1 millisecond'),
        http_status = nullif(x.status, 0), error = x.error, response = x.response
    from unnest($1::bigint[], $2::int[], $3::bigint[], $4::int[], $5::text[], $6::text[]) as x(delivery_id, number, ago_ms, status, error, response)
    where a.delivery_id = any($1::bigint[]) and a.delivery_id = x.delivery_id and a.number = x.number and finished_at is null
    returning a.delivery_id)sql"};

// What the thread's later messages are to know of this one ($2). It holds while the channel is set up as it was ($3).
inline constexpr db::Statement remember{"notifier_remember", R"sql(
    insert into channel_thread (channel_id, thread, remembered, place)
    select d.channel_id, )sql" SONDE_THREAD("o") R"sql(, $2::jsonb, $3 from delivery d join outbox o on o.id = d.event_id
    where d.id = $1 and )sql" SONDE_THREAD("o") R"sql( is not null
    on conflict (channel_id, thread) do update
    set remembered = case when channel_thread.place = excluded.place then channel_thread.remembered else '{}' end || excluded.remembered,
        place = excluded.place, updated_at = now())sql"};

inline constexpr db::Statement settle{"notifier_settle", R"sql(
    update delivery d set state = x.state, reason = x.reason, next_at = x.next_at, lease_owner = null, lease_until = null,
           done_at = case when x.state in ('planned', 'sending') then null else now() end
    from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) as x(id, state, reason, next_at)
    where d.id = any($1::bigint[]) and d.id = x.id)sql"};

inline constexpr db::Statement reached{"notifier_reached", "update delivery set reached = reached || $2::text[] where id = $1"};

inline constexpr db::Statement abandon_attempts{"notifier_abandon_attempts", R"sql(
    update delivery_attempt a set finished_at = clock_timestamp(), error = $3
    from delivery d
    where d.lease_owner = $1 and d.state = 'sending' and d.id <> all($2::bigint[])
      and a.delivery_id = d.id and a.number = d.attempts and a.finished_at is null)sql"};
inline constexpr db::Statement abandon{"notifier_abandon", R"sql(
    update delivery set state = 'planned', lease_owner = null, lease_until = null, next_at = now()
    where lease_owner = $1 and state = 'sending' and id <> all($2::bigint[]))sql"};

inline constexpr db::Statement backlog{"notifier_backlog", R"sql(
    select coalesce((select extract(epoch from now() - o.at) * 1000 from outbox o where o.id = (select min(event_id) from event_to_plan)), 0)::bigint,
           (select coalesce(extract(epoch from now() - min(d.next_at)) * 1000, 0)::bigint from delivery d
            where d.state in ('planned', 'sending') and d.next_at <= now() and )sql" SONDE_FIRST_OF_INCIDENT R"sql(),
           coalesce(extract(epoch from now() - min(created_at) filter (where reason <> 'quiet_hours')) * 1000, 0)::bigint,
           count(*), count(*) filter (where reason = 'quiet_hours'),
           (select count(*) from channel_health h join channel c on c.id = h.channel_id where h.open_since is not null and c.deleted_at is null)
    from delivery where state in ('planned', 'sending'))sql"};

}  // namespace sonde::notifier::statement

#undef SONDE_THREAD
#undef SONDE_FIRST_OF_INCIDENT
#undef SONDE_UNFINISHED
