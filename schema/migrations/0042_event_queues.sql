-- An event is written once, and never again: what is still to be done with it stands in a queue for each of those who do it
-- (docs/adr/0037-an-event-is-written-once.md). They are filled as it is written, and emptied as it is done.
create table event_to_relay (
    event_id    bigint primary key               -- outbox.id
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

create table event_to_plan (
    event_id    bigint primary key,              -- outbox.id
    incident_id bigint,
    seq         bigint
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index event_to_plan_by_incident on event_to_plan (incident_id, seq) where incident_id is not null;

create table event_planned (
    event_id    bigint primary key,              -- outbox.id
    at          timestamptz not null default now()
);

insert into event_to_relay select id from outbox where relayed_at is null;
insert into event_to_plan select id, incident_id, seq from outbox where planned_at is null;
insert into event_planned select id, planned_at from outbox where planned_at is not null;

drop index outbox_to_relay, outbox_to_plan;
alter table outbox drop column relayed_at, drop column planned_at, reset (fillfactor);

-- Whoever tests a channel and whoever tells a digest has planned it himself, and writes its delivery beside it.
create function queue_events() returns trigger language plpgsql as $$
begin
    insert into event_to_relay (event_id) select id from fresh;
    insert into event_to_plan (event_id, incident_id, seq) select id, incident_id, seq from fresh where kind not in ('channel.test', 'channel.digest');
    insert into event_planned (event_id) select id from fresh where kind in ('channel.test', 'channel.digest');
    return null;
end $$;
create trigger queue_events after insert on outbox referencing new table as fresh for each statement execute function queue_events();
