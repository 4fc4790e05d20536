-- An event that is removed leaves nothing in the queues: a number at the front whose event is gone would be looked for first for ever
-- (docs/adr/0037-an-event-is-written-once.md).
create function forget_events() returns trigger language plpgsql as $$
begin
    delete from event_to_relay where event_id in (select id from gone);
    delete from event_to_plan where event_id in (select id from gone);
    delete from event_planned where event_id in (select id from gone);
    return null;
end $$;
create trigger forget_events after delete on outbox referencing old table as gone for each statement execute function forget_events();

create function forget_all_events() returns trigger language plpgsql as $$
begin
    truncate event_to_relay, event_to_plan, event_planned;
    return null;
end $$;
create trigger forget_all_events after truncate on outbox for each statement execute function forget_all_events();

delete from event_to_relay q where not exists (select from outbox where id = q.event_id);
delete from event_to_plan q where not exists (select from outbox where id = q.event_id);
delete from event_planned q where not exists (select from outbox where id = q.event_id);
